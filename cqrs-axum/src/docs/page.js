import { byId, el, labelled, methodBadge, paragraphs, setAttribute } from "./dom.js";
import { credentialOf, listOperations, loadDocument } from "./openapi.js";
import { operationSection } from "./operation.js";
import { tokens } from "./try.js";

start();

async function start() {
  const message = byId("page-message");
  try {
    showDocument(await loadDocument());
    message.hidden = true;
  } catch (error) {
    message.classList.add("failure");
    message.textContent = `The documentation cannot be shown: ${error.message}`;
  }
}

function showDocument({ info, tags = [], components = {} }) {
  showTitle(info);
  showAuthorize(Object.keys(components.securitySchemes ?? {}).filter(credentialOf));
  const groups = groupByTag(tags, listOperations());
  byId("page-menu-groups").append(...groups.map(menuGroup));
  byId("page-groups").append(...groups.map(operationGroup));
  foldMenuOnNarrowScreens();
  markCurrentOperation();
  // The browser looked for the fragment when the operations were not there.
  if (location.hash) location.replace(location.hash);
}

function groupByTag(tags, operations) {
  const groups = new Map(tags.map((tag) => [tag.name, { ...tag, operations: [] }]));
  for (const operation of operations) {
    const name = operation.tags?.[0] ?? "Operations";
    if (!groups.has(name)) groups.set(name, { name, operations: [] });
    groups.get(name).operations.push(operation);
  }
  return [...groups.values()].filter((group) => group.operations.length > 0);
}

function showTitle({ title, version, description }) {
  document.title = `${title} ${version}`;
  byId("page-title").textContent = title;
  byId("page-version").textContent = version;
  byId("page-description").append(...paragraphs(description));
}

function showAuthorize(schemes) {
  const form = byId("page-credentials");
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(...schemes.map(tokenField));
  byId("page-authorize").hidden = schemes.length === 0;
}

function tokenField(scheme) {
  const attributes = { name: "token", type: "password", autocomplete: "off", spellcheck: "false" };
  const input = el("input", { id: `token-${scheme}`, ...attributes });
  input.addEventListener("input", () => tokens.set(scheme, input.value.trim()));
  return labelled(credentialOf(scheme).label, input);
}

function menuGroup({ name, operations }) {
  return el("section", {}, el("h2", {}, name), el("ul", {}, operations.map(menuItem)));
}

function menuItem({ id, method }) {
  const link = el("a", { href: `#${id}`, id: `${id}.link` }, methodBadge(method), el("span", {}, breakable(id)));
  return el("li", {}, link);
}

// A long name breaks between its words.
function breakable(name) {
  return name.split(/(?<=[a-z0-9])(?=[A-Z])/).flatMap((word) => [el("wbr"), word]);
}

function operationGroup({ name, description, operations }) {
  return el("section", { class: "group" },
    el("header", {}, el("h2", {}, name), paragraphs(description)),
    operations.map(operationSection));
}

function foldMenuOnNarrowScreens() {
  const menu = byId("page-menu");
  const wide = matchMedia("(min-width: 60rem)");
  const fit = () => { menu.open = wide.matches; };
  fit();
  wide.addEventListener("change", fit);
  menu.addEventListener("click", (event) => {
    if (event.target.closest("a")) fit();
  });
}

// The current operation is the one in a narrow band near the top of the window.
function markCurrentOperation() {
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const link = byId(`${target.id}.link`);
      setAttribute(link, "aria-current", isIntersecting && "location");
      if (isIntersecting) link.scrollIntoView({ block: "nearest" });
    }
  }, { rootMargin: "-20% 0px -75% 0px" });
  for (const section of document.querySelectorAll("[data-operation]")) observer.observe(section);
}
