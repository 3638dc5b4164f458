import { changes, faults } from "../../drill/faults";
import { brokenPromises } from "../../drill/verdict";
import { seen, trialOf } from "./trials";

const moving = (...at: number[]) =>
  trialOf(at.map((when) => seen("holder", when, { subject: `lb${when}`, state: "yes" })));

test("a drill in which nothing is lost and nothing moves breaks no promise", () => {
  expect(brokenPromises({ stays: true }, moving(-900))).toEqual([]);
});

test("an acknowledged write that is gone breaks one, whatever the drill", () => {
  expect(brokenPromises({}, { ...moving(), lost: 2 })).toEqual(["acknowledged writes that are gone: 2"]);
});

test("so does a move of the virtual IP where there is no reason for it, before the cure or after it", () => {
  const moved = (count: number) => [`moves of the virtual IP, for which there was no reason: ${count}`];
  expect(brokenPromises({ stays: true }, moving(-900, 500))).toEqual(moved(1));
  expect(brokenPromises({ stays: true }, moving(500, 5500))).toEqual(moved(2));
  expect(brokenPromises({}, moving(500))).toEqual([]);
});

test("under full load, and where HAProxy is only reloaded, there is none", () => {
  const staying = [...faults, ...changes].filter(({ stays }) => stays === true).map(({ name }) => name);
  expect(staying.sort()).toEqual(["full-load", "haproxy-upgraded", "server-added", "timeout-changed"]);
});
