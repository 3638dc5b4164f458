import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { type Described, described, fieldsOf, sections } from "../../settings/reference/described";
import { editorSchema } from "../../settings/reference/editor-schema";
import { generatedFiles } from "../../settings/reference/files";
import { root } from "./stack";

const read = (path: string) => readFileSync(join(root, path), "utf8");

test("the files that are generated from the settings' schema are up to date", () => {
  const stale = Object.entries(generatedFiles(root)).flatMap(([path, text]) => (read(path) === text ? [] : [path]));
  expect(stale.map((path) => `${path} is stale: run npm run docs:settings`)).toEqual([]);
});

test("every setting has a description, and only known keys in its metadata", () => {
  const known = ["description", "unit", "unset", "source", "example", "secret"];
  const ofJsonSchema = ["type", "default", "enum", "anyOf", "minimum", "maximum", "properties", "required", "items"];
  const others = ["additionalProperties", "propertyNames"];
  const wrong: string[] = [];
  const walk = (path: string, field: Described) => {
    const extra = Object.keys(field).filter((key) => ![...known, ...ofJsonSchema, ...others].includes(key));
    if (field.description === undefined || extra.length > 0) wrong.push(`${path}: ${extra.join(", ")}`);
    if (field.source !== undefined && !field.source.startsWith("https://")) wrong.push(`${path}: ${field.source}`);
    for (const [key, inner] of fieldsOf(field)) walk(`${path}.${key}`, inner);
  };
  for (const [key, section] of sections) walk(key, section);
  expect(wrong).toEqual([]);
  expect(Object.keys(described.properties ?? {}).length).toBeGreaterThan(10);
});

describe("the editor's schema", () => {
  const schema = z.fromJSONSchema(JSON.parse(JSON.stringify(editorSchema())) as z.core.JSONSchema.JSONSchema);
  const stack = () => parse(read("Pulumi.prod.yaml")) as { config: Record<string, any> };

  test.each(["Pulumi.dev.yaml", "Pulumi.prod.yaml"])("accepts %s", (path) => {
    expect(schema.safeParse(parse(read(path))).error?.issues).toBeUndefined();
  });

  test("accepts encrypted secrets, Pulumi's own keys and those of other programs", () => {
    const { config } = stack();
    const more = { "kube-control:tsigSecret": { secure: "v1:abc" }, "other:key": "1" };
    expect(schema.safeParse({ encryptionsalt: "v1:abc", config: { ...config, ...more } }).success).toBe(true);
  });

  test.each<[string, (config: Record<string, any>) => void]>([
    ["a setting that does not exist", (config) => (config["kube-control:haproxy"] = { conectTimeout: "50ms" })],
    ["a section that does not exist", (config) => (config["kube-control:loadBalancer"] = [])],
    ["a section that is missing", (config) => delete config["kube-control:masters"]],
    ["a port out of range", (config) => (config["kube-control:endpoint"].port = 70000)],
    ["a number in quotes", (config) => (config["kube-control:endpoint"].ttl = "60")],
    ["a choice that does not exist", (config) => (config["kube-control:kubernetes"].cni = { name: "calico" })],
    ["a secret in plain text", (config) => (config["kube-control:datadogApiKey"] = "abc")],
  ])("refuses %s", (_what, spoil) => {
    const { config } = stack();
    spoil(config);
    expect(schema.safeParse({ config }).success).toBe(false);
  });
});
