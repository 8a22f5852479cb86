import { code, counted, disclosure, el, joined, paragraphs, requiredMark } from "./dom.js";
import { describe, isConstant, isSchema } from "./openapi.js";

export function typeNote(schema) {
  return el("span", { class: "type" }, typeLabel(schema));
}

function typeLabel(schema, isInner = false) {
  const described = describe(schema);
  const label = keepsName(described, isInner) ? described.name : unnamedLabel(described, isInner);
  return described.nullable ? `${label} or null` : label;
}

// A name stands for fields and variants, and for what may contain itself.
function keepsName({ name, shape, variants, element }, isInner) {
  const isList = element || shape.prefixItems;
  return name && (shape.properties || !variants.every(isConstant) || (isInner && isList));
}

function unnamedLabel({ shape, types, variants, element }, isInner) {
  const inner = (part) => typeLabel(part, true);
  if (isConstant(shape)) return isInner ? typeof shape.const : JSON.stringify(shape.const);
  if (variants.length > 0) return [...new Set(variants.map(inner))].join(" or ");
  if (shape.prefixItems) return `[${shape.prefixItems.map(inner).join(", ")}]`;
  if (types.includes("array")) return `array of ${element ? inner(element) : "anything"}`;
  if (element) return `map of ${inner(element)}`;
  const label = types.join(" or ") || "anything";
  return shape.format ? `${label} (${shape.format})` : label;
}

function factsLine(shape) {
  const facts = [
    shape.enum && ["one of ", joined(shape.enum.map((value) => code(JSON.stringify(value))), ", ")],
    range(shape.minimum, shape.maximum),
    range(shape.minLength, shape.maxLength, " characters"),
    range(shape.minItems, shape.maxItems, " items"),
    shape.uniqueItems && "no duplicates",
    shape.pattern && ["matches ", code(shape.pattern)],
    "default" in shape && ["default ", code(JSON.stringify(shape.default))],
  ].filter(Boolean);
  return facts.length > 0 && el("p", { class: "facts" }, joined(facts, " · "));
}

// A limit that a number cannot hold is that of the format, which the type names.
function range(least, most, unit = "") {
  const [low, high] = [least, most].map((limit) => (Math.abs(limit) > Number.MAX_SAFE_INTEGER ? undefined : limit));
  if (low === undefined && high === undefined) return null;
  if (high === undefined) return `at least ${low}${unit}`;
  if (low === undefined) return `at most ${high}${unit}`;
  return low === high ? `exactly ${low}${unit}` : `${low} to ${high}${unit}`;
}

export function schemaMembers(schema, depth = 0) {
  const { shape, variants } = innermost(schema);
  const fields = fieldsOf(shape);
  return [
    fields.length > 0 && el("ul", { class: "fields" }, fields.map(([key, field]) =>
      fieldItem(key, field, { required: shape.required?.includes(key), depth }))),
    fields.length > 0 && variants.length > 0 && el("p", { class: "note" }, "And one of:"),
    variants.length > 0 && el("ul", { class: "fields variants" },
      variants.map((variant) => variantItem(variant, depth))),
    shape.additionalProperties === false && depth === 0 && el("p", { class: "note" }, "No other fields are accepted."),
  ];
}

// An array or a map has the members of its elements, unless it is its own element.
function innermost(schema, passed = []) {
  const described = describe(schema);
  const { element } = described;
  return element && !passed.includes(element) ? innermost(element, [...passed, element]) : described;
}

function fieldsOf({ properties = {}, prefixItems = [], additionalProperties }) {
  return [
    ...Object.entries(properties),
    ...prefixItems.map((item, index) => [`[${index}]`, item]),
    ...(isSchema(additionalProperties) ? [["any other name", additionalProperties]] : []),
  ];
}

export function fieldItem(name, schema, { place, required, description, depth = 0 }) {
  const { shape } = describe(schema);
  return el("li", {},
    el("p", { class: "field" }, code(name), typeNote(schema), place && el("span", { class: "facts" }, place),
      required && requiredMark()),
    paragraphs(description ?? shape.description),
    factsLine(shape),
    foldedMembers(schema, depth));
}

function variantItem(variant, depth) {
  const { name, shape } = describe(variant);
  return el("li", {},
    el("p", { class: "field" }, code(name ?? variantName(variant, shape))),
    paragraphs(shape.description),
    factsLine(shape),
    shape.properties && !name ? schemaMembers(variant, depth + 1) : foldedMembers(variant, depth));
}

// How serde tells an enum's variants apart: by a constant field, by the only field, or by the value itself.
function variantName(variant, { properties = {} }) {
  const fields = Object.entries(properties);
  const tag = fields.find(([, field]) => isConstant(field));
  if (tag) return `${tag[0]}: ${JSON.stringify(tag[1].const)}`;
  return fields.length === 1 ? fields[0][0] : typeLabel(variant);
}

function foldedMembers(schema, depth) {
  const { shape, variants } = innermost(schema);
  const fields = fieldsOf(shape);
  if (fields.length === 0 && variants.length === 0) return null;
  const summary = variants.length > 0 ? `One of ${variants.length}` : counted(fields.length, "field");
  return disclosure(summary, () => schemaMembers(schema, depth + 1), depth === 0);
}
