import fc from "fast-check";
import {
  contains,
  formatNetwork,
  lastOf,
  moved,
  networkOf,
  overlap,
  parseAddress,
  parseNetwork,
  sizeOf,
} from "../../settings/addresses";

const origin = parseAddress("0.0.0.0")!;
const address = fc.integer({ min: 0, max: 0xffffffff }).map((number) => moved(origin, number));
const prefixLength = fc.integer({ min: 0, max: 32 });
const network = fc.tuple(address, prefixLength).map(([first, length]) => networkOf(first, length));

describe("addresses", () => {
  it("stay equal when they are formatted and parsed", () => {
    fc.assert(fc.property(address, (one) => expect(parseAddress(one.toString())).toEqual(one)));
  });

  it.each([
    ...["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "1.2.3.4 ", "1.2.3.4\n", "1.2.3.-4", "::1", "::ffff:1.2.3.4"],
    ...["01.2.3.4", "0x1.2.3.4", "0300.168.2.1", "0xc0a80201", "3232236033", "192.168.513"],
  ])("do not include %p", (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});

describe("networks", () => {
  it("stay equal when they are formatted and parsed", () => {
    fc.assert(
      fc.property(network, (one) => {
        expect(parseNetwork(formatNetwork(one))).toEqual({ ...one, written: one.first });
      }),
    );
  });

  it("contain the address that they are made of", () => {
    fc.assert(fc.property(address, prefixLength, (one, length) => contains(networkOf(one, length), one)));
  });

  it("end one address before the next network", () => {
    fc.assert(fc.property(network, (one) => expect(moved(one.first, sizeOf(one) - 1)).toEqual(lastOf(one))));
  });

  it("overlap if and only if one contains the first or last address of the other", () => {
    fc.assert(
      fc.property(network, network, (one, other) => {
        const ends = [other.first, lastOf(other)].some((end) => contains(one, end));
        expect(overlap(one, other)).toBe(ends || contains(other, one.first));
      }),
    );
  });

  it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0/8", "/8", "010.0.0.0/8", "10.0.0.0/8\n"])(
    "do not include %p",
    (text) => {
      expect(parseNetwork(text)).toBeUndefined();
    },
  );
});
