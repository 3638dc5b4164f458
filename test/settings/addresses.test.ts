import fc from "fast-check";
import {
  contains,
  formatAddress,
  formatNetwork,
  networkOf,
  overlap,
  parseAddress,
  parseNetwork,
} from "../../settings/addresses";

const address = fc.integer({ min: 0, max: 0xffffffff });
const prefixLength = fc.integer({ min: 0, max: 32 });
const network = fc.tuple(address, prefixLength).map(([first, length]) => networkOf(first, length));

describe("addresses", () => {
  it("survive being written and read", () => {
    fc.assert(fc.property(address, (number) => parseAddress(formatAddress(number)) === number));
  });

  it.each(["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", "1.2.3.-4", "::1", "0x1.2.3.4"])(
    "are not %p",
    (text) => {
      expect(parseAddress(text)).toBeUndefined();
    },
  );
});

describe("networks", () => {
  it("survive being written and read", () => {
    fc.assert(
      fc.property(network, (one) => {
        expect(parseNetwork(formatNetwork(one))).toEqual({ ...one, written: one.first });
      }),
    );
  });

  it("hold the address that they were made of", () => {
    fc.assert(fc.property(address, prefixLength, (number, length) => contains(networkOf(number, length), number)));
  });

  it("overlap where one holds the other's first address, and only there", () => {
    fc.assert(
      fc.property(network, network, (one, other) => {
        expect(overlap(one, other)).toBe(contains(one, other.first) || contains(other, one.first));
      }),
    );
  });

  it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0/8", "/8"])("are not %p", (text) => {
    expect(parseNetwork(text)).toBeUndefined();
  });
});
