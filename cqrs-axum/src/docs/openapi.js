const METHODS = ["get", "post", "put", "patch", "delete", "head", "options", "trace"];
const DOCUMENT_URL = new URL("openapi.json", location.href);

const EXAMPLES = {
  uuid: "3fa85f64-5717-4562-b3fc-2c963f66afa6", date: "2025-01-31", "date-time": "2025-01-31T12:00:00Z",
  email: "ada@example.com", uri: "https://example.com/",
  string: "string", integer: 1, number: 1, boolean: true, object: {},
};

let api = {};

export async function loadDocument() {
  const response = await fetch(DOCUMENT_URL);
  if (!response.ok) throw new Error(`the server answers ${response.status} to a request for openapi.json.`);
  api = await response.json();
  return api;
}

export function baseUrl() {
  return new URL(api.servers?.[0]?.url ?? ".", DOCUMENT_URL).href.replace(/\/$/, "");
}

export function resolve(node) {
  const { $ref, ...own } = node ?? {};
  return $ref ? { ...resolve(lookUp($ref)), ...own } : own;
}

function lookUp(pointer) {
  const keys = pointer.replace("#/", "").split("/").map(decodeURIComponent);
  return keys.reduce((node, key) => node?.[key.replaceAll("~1", "/").replaceAll("~0", "~")], api);
}

export function listOperations() {
  return Object.entries(api.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => operationOf(path, method, item)));
}

function operationOf(path, method, { parameters = [], [method]: operation }) {
  return {
    ...operation,
    id: operation.operationId ?? `${method}-${path}`,
    path,
    method: method.toUpperCase(),
    parameters: [...parameters, ...(operation.parameters ?? [])].map(resolve),
    requestBody: operation.requestBody && resolve(operation.requestBody),
    responses: Object.entries(operation.responses ?? {}).map(([status, node]) => ({ status, ...resolve(node) })),
    security: (operation.security ?? api.security ?? []).flatMap(Object.entries),
  };
}

// The header that carries a token, or nothing for a scheme that this page cannot send.
export function credentialOf(name) {
  const { type, scheme, in: place, name: header } = resolve(api.components?.securitySchemes?.[name]);
  const kind = type === "http" ? scheme.toLowerCase() : `${type} in ${place}`;
  return {
    "apiKey in header": { label: header, header, prefix: "" },
    bearer: { label: "Bearer token", header: "Authorization", prefix: "Bearer " },
    basic: { label: "User:password", header: "Authorization", prefix: "Basic ", encode: toBase64 },
  }[kind];
}

function toBase64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}

// What a schema says when references are followed, `allOf` is merged and `null` is taken out of the alternatives.
export function describe(schema) {
  const name = schema?.$ref?.split("/").pop();
  const shape = mergeAllOf(resolve(schema));
  const alternatives = shape.oneOf ?? shape.anyOf ?? [];
  const variants = alternatives.filter(({ type }) => type !== "null");
  const types = [shape.type ?? []].flat();
  const nullable = types.includes("null") || variants.length < alternatives.length;
  if (variants.length === 1 && !shape.properties) {
    const { oneOf, anyOf, ...own } = shape;
    const only = describe({ ...variants[0], ...own });
    return { ...only, name: only.name ?? name, nullable: nullable || only.nullable };
  }
  return { name, nullable, shape, variants, types: types.filter((type) => type !== "null"), element: elementOf(shape) };
}

function mergeAllOf({ allOf = [], ...shape }) {
  return allOf.map((part) => mergeAllOf(resolve(part))).reduce((whole, part) => ({
    ...part,
    ...whole,
    properties: { ...part.properties, ...whole.properties },
    required: [...(part.required ?? []), ...(whole.required ?? [])],
  }), shape);
}

function elementOf({ items, properties, additionalProperties }) {
  return [items, !properties && additionalProperties].find(isSchema);
}

export function isSchema(value) {
  return typeof value === "object";
}

export function isConstant(schema) {
  return "const" in resolve(schema);
}

export function exampleText(schema) {
  return JSON.stringify(exampleOf(schema) ?? null, null, 2);
}

// A value that fits, or `undefined` where a schema is inside itself: `trail` has the names of those around this one.
function exampleOf(schema, trail = []) {
  const { name, nullable, ...described } = describe(schema);
  const given = givenValue(described.shape);
  if (given !== undefined) return given;
  const inner = (part) => exampleOf(part, name ? [...trail, name] : trail);
  const value = trail.includes(name) ? undefined : exampleOfShape(described, inner);
  return value === undefined && nullable ? null : value;
}

function givenValue(shape) {
  const values = [shape.examples?.[0], shape.const, shape.default, ...(shape.enum ?? [])];
  return values.find((value) => value !== undefined && value !== null);
}

function exampleOfShape({ shape, types, variants, element }, inner) {
  const items = shape.prefixItems?.map(inner);
  if (items) return items.includes(undefined) ? undefined : items;
  if (types.includes("array")) return exampleArray(element && inner(element), shape.minItems);
  const variant = variants.map(inner).find((value) => value !== undefined);
  if (variants.length > 0 && variant === undefined) return undefined;
  if (shape.properties) return exampleObject(shape, variant, inner);
  if (variants.length > 0) return variant;
  return element ? { key: inner(element) } : exampleScalar(shape, types[0]);
}

function exampleArray(item, length = 1) {
  return item === undefined ? [] : Array(Math.max(length, 1)).fill(item);
}

function exampleObject({ properties, required = [] }, variant, inner) {
  const fields = Object.entries(properties).map(([key, property]) => [key, inner(property)]);
  const isEndless = fields.some(([key, value]) => value === undefined && required.includes(key));
  return isEndless ? undefined : { ...Object.fromEntries(fields), ...variant };
}

function exampleScalar({ format, minimum = 1 }, type) {
  const example = EXAMPLES[format] ?? EXAMPLES[type] ?? null;
  return typeof example === "number" ? Math.max(example, minimum) : example;
}
