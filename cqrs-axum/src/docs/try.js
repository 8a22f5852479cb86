import { code, codeBlock, copyButton, el, jsonOrText, labelled, requiredMark, setAttribute } from "./dom.js";
import { baseUrl, credentialOf, describe, exampleText } from "./openapi.js";

// What was typed under Authorize, by the name of the scheme.
export const tokens = new Map();

export function tryForm(operation) {
  const { id } = operation;
  const inputs = inputsOf(operation);
  const request = () => requestOf(operation, inputs);
  const send = el("button", { type: "submit", class: "send", "data-action": "send" }, "Send");
  const answer = answerArea();
  const form = el("form", { class: "try", id: `${id}.try`, novalidate: true, "aria-label": `Try ${id}` },
    el("h4", {}, "Try it"), inputRows(id, inputs), send, answer, curlPart(request));
  form.addEventListener("input", (event) => checkFilled(event.target));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (checkAllFilled(inputs)) exchange(request(), answer, send);
  });
  return form;
}

function inputsOf({ parameters, requestBody }) {
  const inputs = parameters.filter((parameter) => parameter.in !== "cookie").map(parameterInput);
  return requestBody ? [...inputs, bodyInput(requestBody)] : inputs;
}

function parameterInput({ name, in: place, required, schema }) {
  const isList = describe(schema).types.includes("array");
  return { name, place, required, isList, label: code(name), control: parameterControl(schema) };
}

function parameterControl(schema) {
  const { shape, types } = describe(schema);
  const choices = types[0] === "boolean" ? [true, false] : shape.enum;
  if (!choices) return el("input", { placeholder: shape.default, autocomplete: "off", spellcheck: "false" });
  const empty = "default" in shape ? `${shape.default} (default)` : "";
  return el("select", {}, el("option", { value: "" }, empty),
    choices.filter((choice) => choice !== null).map(String).map((value) => el("option", { value }, value)));
}

function bodyInput({ required, content }) {
  const [{ schema }] = Object.values(content);
  const text = exampleText(schema);
  const rows = Math.min(text.split("\n").length, 14);
  const control = el("textarea", { rows, spellcheck: "false" }, text);
  return { name: "body", place: "body", required, label: "Body", control };
}

function inputRows(id, inputs) {
  const rows = (...places) => inputs.filter(({ place }) => places.includes(place)).map((input) => inputRow(id, input));
  const headers = rows("header");
  const open = inputs.some(({ place, required }) => place === "header" && required);
  return [
    rows("path", "query"),
    headers.length > 0 && el("details", { open }, el("summary", {}, "Headers"), headers),
    rows("body"),
  ];
}

function inputRow(operationId, { name, place, required, label, control }) {
  const id = `${operationId}.${place}.${name}`;
  const error = el("p", { class: "error", id: `${id}.error` });
  const attributes = { id, name, required, "aria-describedby": error.id };
  for (const [attribute, value] of Object.entries(attributes)) setAttribute(control, attribute, value);
  return labelled([label, required && [" ", requiredMark()]], control, error);
}

// Says below a control whether it must be filled.
function checkFilled(control) {
  const isMissing = control.validity.valueMissing;
  setAttribute(control, "aria-invalid", isMissing && "true");
  control.nextElementSibling.textContent = isMissing ? `${control.name} is required.` : "";
  return !isMissing;
}

function checkAllFilled(inputs) {
  const missing = inputs.filter(({ control }) => !checkFilled(control));
  missing[0]?.control.focus();
  return missing.length === 0;
}

function requestOf({ method, path, security }, inputs) {
  const filled = inputs.filter(({ control }) => control.value !== "");
  const valuesIn = (part) => filled.filter(({ place }) => place === part).flatMap(namedValues);
  const query = new URLSearchParams(valuesIn("query")).toString();
  const url = valuesIn("path").reduce((whole, [name, value]) =>
    whole.replace(`{${name}}`, encodeURIComponent(value)), baseUrl() + path);
  const body = filled.find(({ place }) => place === "body")?.control.value;
  return {
    method,
    url: url + (query && `?${query}`),
    headers: [...valuesIn("header"), ...(body ? [["Content-Type", "application/json"]] : [])],
    schemes: schemesOf(security),
    body,
  };
}

function namedValues({ name, isList, control }) {
  const values = isList ? control.value.split(",") : [control.value];
  return values.map((value) => [name, value]);
}

// An operation that names no scheme may still look at who calls.
function schemesOf(security) {
  const named = security.map(([scheme]) => scheme).filter(credentialOf);
  return named.length > 0 ? named : [...tokens.keys()].filter((scheme) => tokens.get(scheme));
}

function credentialHeader(scheme) {
  const { header, prefix, encode = String } = credentialOf(scheme);
  const token = tokens.get(scheme);
  return token ? [[header, token.startsWith(prefix) ? token : prefix + encode(token)]] : [];
}

function curlPart(request) {
  const curl = el("code", { "data-role": "curl" });
  const showCurl = () => { curl.textContent = curlCommand(request()); };
  showCurl();
  document.addEventListener("input", showCurl);
  return el("div", { class: "curl" }, el("p", {}, "curl ", copyButton(curl)), codeBlock("curl command", {}, curl));
}

// The token stays out of the command, which may end in a chat or in a shell's history.
function curlCommand({ method, url, headers, schemes, body }) {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  return [
    `curl ${method === "GET" ? "" : `-X ${method} `}${quoted(url)}`,
    ...schemes.map(credentialOf).map(({ header, prefix }) => `-H "${header}: ${prefix}$TOKEN"`),
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(body ? [`--data-raw ${quoted(body)}`] : []),
  ].join(" \\\n  ");
}

function answerArea() {
  return el("div", { class: "response", "data-role": "response", "aria-live": "polite" },
    el("p", { class: "status" },
      el("span", { "data-role": "status" }),
      el("span", { "data-role": "time", class: "time" })),
    el("details", { "aria-live": "off" },
      el("summary", {}, "Response headers"),
      codeBlock("Response headers", { "data-role": "headers" })),
    codeBlock("Response body", { "data-role": "body", "aria-live": "off" }));
}

async function exchange(request, answer, send) {
  send.disabled = true;
  answer.setAttribute("aria-busy", "true");
  show(answer, { status: "", time: "" });
  const { state, ...parts } = await answerTo(request).catch(noAnswer);
  show(answer, parts);
  answer.dataset.state = state;
  answer.removeAttribute("aria-busy");
  answer.scrollIntoView({ block: "nearest" });
  send.disabled = false;
  if (document.activeElement === document.body) send.focus({ preventScroll: true });
}

function show(answer, parts) {
  for (const [role, content] of Object.entries(parts)) {
    answer.querySelector(`[data-role="${role}"]`).replaceChildren(...[content].flat());
  }
}

async function answerTo({ method, url, headers, schemes, body }) {
  const began = performance.now();
  const response = await fetch(url, { method, headers: [...schemes.flatMap(credentialHeader), ...headers], body });
  const text = await response.text();
  return {
    state: response.ok ? "ok" : "problem",
    status: `${response.status} ${response.statusText}`.trim(),
    time: `${Math.round(performance.now() - began)} ms`,
    headers: [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n"),
    body: jsonOrText(text),
  };
}

function noAnswer({ message }) {
  const body = "The server cannot be reached, it does not allow requests from this page (CORS), or the request cannot "
    + `be made. The browser says: ${message}`;
  return { state: "failure", status: "No answer", body };
}
