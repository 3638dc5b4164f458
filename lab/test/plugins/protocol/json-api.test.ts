import { setTimeout as sleep } from "node:timers/promises";
import { JsonApi } from "../../../plugins/protocol/json-api";

jest.mock("node:timers/promises", () => ({ setTimeout: jest.fn(() => Promise.resolve()) }));

const client = new JsonApi("http://api.example", {}, 3);
const { signal } = new AbortController();
const tooSoon = (headers: Record<string, string> = {}) =>
  new Response('{"errors":["Rate limit"]}', { status: 429, headers });
const done = () => new Response("{}");
const nextTick = () => new Promise((resolve) => setImmediate(resolve));

const fetched = jest.spyOn(globalThis, "fetch");
beforeEach(() => {
  fetched.mockReset();
  jest.mocked(sleep).mockClear();
});
afterAll(() => fetched.mockRestore());
/** The seconds of each wait before a retry. */
const waited = () => jest.mocked(sleep).mock.calls.map(([milliseconds = 0]) => milliseconds / 1000);

test("a refused request is repeated after the seconds that the API names", async () => {
  fetched.mockResolvedValueOnce(tooSoon({ "x-ratelimit-reset": "7" })).mockResolvedValueOnce(done());
  expect(await client.send("POST", "/", signal, {})).toEqual({});
  expect(waited()).toEqual([7]);
});

test("if the API names no seconds, a request is repeated after 2, 4 and 8 s, then fails", async () => {
  fetched.mockImplementation(() => Promise.resolve(tooSoon()));
  await expect(client.send("POST", "/", signal, {})).rejects.toThrow("429: Rate limit");
  expect(waited()).toEqual([2, 4, 8]);
});

test("changes are sent one at a time; reads do not wait for them", async () => {
  const answers: (() => void)[] = [];
  fetched.mockImplementation(() => new Promise((resolve) => answers.push(() => resolve(done()))));
  const methods = () => fetched.mock.calls.map(([, request]) => request?.method);
  const all = ["POST", "PUT", "GET"].map((method) => client.send(method, "/", signal));
  await nextTick();
  expect(methods()).toEqual(["GET", "POST"]);
  answers.forEach((answer) => answer());
  await nextTick();
  expect(methods()).toEqual(["GET", "POST", "PUT"]);
  answers.at(-1)?.();
  expect(await Promise.all(all)).toEqual([{}, {}, {}]);
});
