import {
  code, codeBlock, colouredJson, disclosure, el, joined, methodBadge, paragraphs, requiredMark, withCode,
} from "./dom.js";
import { credentialOf, exampleText, resolve } from "./openapi.js";
import { fieldItem, schemaMembers, typeNote } from "./schema.js";
import { tryForm } from "./try.js";

export function operationSection(operation) {
  const { id, description } = operation;
  const titleId = `${id}.title`;
  const form = tryForm(operation);
  return el("section", { class: "operation", id, "data-operation": id, "aria-labelledby": titleId },
    operationHeader(operation, titleId, form.id),
    el("div", { class: "columns" },
      el("div", { class: "reading" },
        el("div", { class: "prose" }, paragraphs(description), securityNote(operation)),
        parametersPart(operation),
        bodyPart(operation),
        responsesPart(operation)),
      form));
}

function operationHeader({ id, method, path, summary = id }, titleId, formId) {
  return el("header", {},
    el("h3", { id: titleId }, withCode(summary)),
    el("p", { class: "endpoint" },
      methodBadge(method),
      code(path),
      el("a", { class: "message-name", href: `#${id}` }, id),
      el("a", { class: "to-try", href: `#${formId}` }, "Try it")));
}

function securityNote({ security }) {
  if (security.length === 0) return null;
  return el("p", { class: "security" }, "Authorization: ", joined(security.map(schemeNote), " or "));
}

function schemeNote([name, scopes]) {
  const link = el("a", { href: "#page-authorize" }, credentialOf(name)?.label ?? name);
  return [link, scopes.length > 0 && [" with the scope ", joined(scopes.map(code), ", ")]];
}

function part(title, ...content) {
  return el("section", {}, el("h4", {}, title), content);
}

function parametersPart({ parameters }) {
  if (parameters.length === 0) return null;
  return part("Parameters", el("ul", { class: "fields" }, parameters.map(parameterItem)));
}

function parameterItem({ name, in: place, required, schema, description }) {
  return fieldItem(name, schema, { place, required, description });
}

function bodyPart({ requestBody }) {
  return requestBody && part("Body", contentParts(requestBody.content, requestBody.required));
}

function contentParts(content = {}, required = false) {
  return Object.entries(content).map(([mediaType, { schema }]) => [
    el("p", { class: "media" }, code(mediaType), typeNote(schema), required && requiredMark()),
    schemaMembers(schema),
    disclosure("Example", () => codeBlock("Example", {}, colouredJson(exampleText(schema)))),
  ]);
}

function responsesPart({ responses }) {
  const isProblem = ({ status }) => !/^[123]/.test(status);
  const problems = responses.filter(isProblem);
  return part("Responses",
    responses.filter((response) => !isProblem(response)).map(successPart),
    problems.length > 0 && problemsPart(problems));
}

function successPart(response) {
  return el("div", { class: "success" },
    statusList([response]),
    headerNotes(response.headers),
    contentParts(response.content));
}

// Problems have the same headers and content but for a few, so each is shown once.
function problemsPart(problems) {
  const all = (key) => Object.assign({}, ...problems.map((problem) => problem[key]));
  return el("div", { class: "problems" },
    statusList(problems),
    headerNotes(all("headers")),
    Object.entries(all("content")).map(([mediaType, { schema }]) =>
      disclosure([code(mediaType), " ", typeNote(schema)], () => schemaMembers(schema))));
}

function statusList(responses) {
  return el("dl", {}, responses.map(({ status, description }) =>
    [el("dt", {}, status), el("dd", {}, paragraphs(description))]));
}

function headerNotes(headers = {}) {
  return Object.entries(headers).map(([name, node]) => {
    const { schema, description = "" } = resolve(node);
    return el("p", { class: "note" }, "Header ", code(name), " ", typeNote(schema), " ", withCode(description));
  });
}
