import { inspect } from "node:util";
import * as pulumi from "@pulumi/pulumi";
import { argumentError, argumentsChecked, checkedAddress, inputsOf, ipv4 } from "../../host/argument";
import { endingOnMistakes, UserError } from "../../host/error";
import { refusal, registered } from "../components/registered";

afterEach(() => jest.restoreAllMocks());

/** Runs a check with a new component. */
async function withComponent<T>(check: (component: pulumi.ComponentResource) => T): Promise<T> {
  let result: { readonly value: T } | undefined;
  await registered(() => {
    result = { value: check(new pulumi.ComponentResource("test:index:Part", "part")) };
  });
  return (result as { readonly value: T }).value;
}

test("an address that is an output stays an output with the same value", async () => {
  const address = await withComponent((component) => checkedAddress(component, "x", pulumi.output("192.0.2.10")));
  expect(pulumi.Output.isInstance(address)).toBe(true);
  expect(await new Promise((done) => pulumi.output(address).apply(done))).toBe("192.0.2.10");
});

// A failed output would end the process, so this test calls the check itself.
test("a text that is not an IPv4 address is refused with the argument's name and a remedy", async () => {
  const refused = await refusal(() => {
    ipv4(new pulumi.ComponentResource("test:index:Part", "part"), "pair.virtualIp.address", "vm.example.com");
  });
  expect(refused).toBe(
    'pair.virtualIp.address: "vm.example.com" is not an IPv4 address\n  Give an address as 192.0.2.10.',
  );
});

test("an address that is a string stays a string", async () => {
  expect(await withComponent((component) => checkedAddress(component, "x", "192.0.2.10"))).toBe("192.0.2.10");
});

test("a UserError of a check becomes a ResourceError; another error stays unchanged", async () => {
  const thrown = (error: Error) =>
    withComponent((component) => {
      try {
        return argumentsChecked(component, () => {
          throw error;
        });
      } catch (found) {
        return found as pulumi.ResourceError;
      }
    });
  expect(await thrown(new UserError("is wrong", "x.y", "Correct it."))).toMatchObject({
    message: "x.y: is wrong\n  Correct it.",
    hideStack: true,
    resource: expect.anything(),
  });
  const other = new Error("a defect");
  expect(await thrown(other)).toBe(other);
});

test("an error about an argument is shown as its message only", async () => {
  const error = await withComponent((component) => argumentError(component, "pair.nodes", "has no node", "List two."));
  expect(inspect(error)).toBe("pair.nodes: has no node\n  List two.");
});

test("a component's inputs contain only the named arguments", () => {
  const args = { address: "192.0.2.10", ttl: undefined, secret: "canary" };
  expect(inputsOf(args, ["address", "ttl"])).toEqual({ address: "192.0.2.10", ttl: undefined });
});

test("an error about an argument ends the program, which prints only the message", async () => {
  const said: string[] = [];
  jest.spyOn(pulumi.log, "error").mockImplementation((message) => Promise.resolve(void said.push(message)));
  const exit = jest.spyOn(process, "exit").mockImplementation((): never => undefined as never);
  await withComponent((component) =>
    endingOnMistakes(() => Promise.reject(argumentError(component, "pair.nodes", "has no node", "List two.")))(),
  );
  expect([said, exit.mock.calls]).toEqual([["pair.nodes: has no node\n  List two."], [[32]]]);
});
