// A longer text is shown without colours, as each coloured token is an element.
const LONGEST_COLOURED_JSON = 100_000;

const JSON_TOKEN = /("(?:[^"\\]|\\.)*":?|[^\s{}[\],:"]+)/;

export function byId(id) {
  return document.getElementById(id);
}

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  node.append(...children.flat(Infinity).filter(Boolean));
  return node;
}

export function setAttribute(node, name, value) {
  if (value === undefined || value === null || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : value);
}

export function code(text) {
  return el("code", {}, text);
}

export function paragraphs(text = "") {
  const parts = text.split(/\n\s*\n/).filter((part) => part.trim());
  return parts.map((part) => el("p", {}, withCode(part)));
}

export function withCode(text) {
  return text.split(/`([^`]+)`/).map((part, index) => (index % 2 === 1 ? code(part) : part));
}

export function joined(items, separator) {
  return items.flatMap((item, index) => (index === 0 ? [item] : [separator, item]));
}

export function counted(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

export function methodBadge(method) {
  return el("span", { class: `method method-${method.toLowerCase()}` }, method);
}

export function requiredMark() {
  return el("span", { class: "required" }, "required");
}

export function labelled(label, control, ...below) {
  return el("div", { class: "input" }, el("label", { for: control.id }, label), control, below);
}

// Filled when it is first opened, so that a schema that contains itself has an end.
export function disclosure(summary, fill, isOpen = false) {
  const details = el("details", { open: isOpen }, el("summary", {}, summary));
  const fillOnce = () => details.append(el("div", {}, fill()));
  if (isOpen) fillOnce();
  else details.addEventListener("toggle", fillOnce, { once: true });
  return details;
}

export function codeBlock(label, attributes, ...children) {
  return el("pre", { tabindex: "0", role: "group", "aria-label": label, ...attributes }, children);
}

// A page that is not served by HTTPS may not write to the clipboard.
export function copyButton(source) {
  const button = el("button", { type: "button", class: "copy", hidden: !navigator.clipboard }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  return button;
}

export function jsonOrText(text) {
  try {
    return colouredJson(JSON.stringify(JSON.parse(text, keepDigits), null, 2));
  } catch {
    return [text];
  }
}

// A number holds whole numbers only up to 2^53. Without `rawJSON` this throws, and the text is shown as it came.
function keepDigits(key, value, context) {
  const isInexact = Number.isInteger(value) && !Number.isSafeInteger(value);
  return isInexact ? JSON.rawJSON(context.source) : value;
}

export function colouredJson(json) {
  if (json.length > LONGEST_COLOURED_JSON) return [json];
  return json.split(JSON_TOKEN).map((part, index) => (index % 2 === 1 ? colouredToken(part) : part));
}

function colouredToken(token) {
  const kindOfString = token.endsWith(":") ? "key" : "string";
  return el("span", { class: `json-${token.startsWith('"') ? kindOfString : "literal"}` }, token);
}
