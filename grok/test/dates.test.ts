import fc from "fast-check";
import { dateFormat } from "../dates";
import { compileParser } from "../index";

const NOW = Date.UTC(2026, 5, 15, 12);
const read = (format: string, text: string, zone?: string, now = NOW) => {
  const instant = dateFormat(format, zone).parse(text, now);
  return instant === undefined ? undefined : new Date(instant).toISOString();
};

test.each([
  ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", "2026-02-03T04:05:06.789+0130", undefined, "2026-02-03T02:35:06.789Z"],
  ["yyyy-MM-dd'T'HH:mm:ssZZ", "2026-02-03T04:05:06Z", undefined, "2026-02-03T04:05:06.000Z"],
  ["yyyy-MM-dd HH:mm:ss,SSS", "2026-02-03 04:05:06,789", "Asia/Singapore", "2026-02-02T20:05:06.789Z"],
  ["yyyy-MM-dd HH:mm:ss.SSSSSS", "2026-02-03 04:05:06.123999", undefined, "2026-02-03T04:05:06.123Z"],
  ["dd/MMM/yyyy:HH:mm:ss Z", "06/Mar/2013:01:36:30 +0900", undefined, "2013-03-05T16:36:30.000Z"],
  ["EEE MMM dd HH:mm:ss yyyy", "Thu Jun 16 08:29:03 2016", undefined, "2016-06-16T08:29:03.000Z"],
  ["MM/dd/yyyy hh:mm:ss a", "11/10/2014 12:30:01 PM", undefined, "2014-11-10T12:30:01.000Z"],
  ["M/d/yy H:m", "1/2/26 3:4", "UTC+5", "2026-01-01T22:04:00.000Z"],
  ["MMMM d, yyyy", "august 9, 2026", "+03:00", "2026-08-08T21:00:00.000Z"],
  ["yyyy-DDD", "2026-032", undefined, "2026-02-01T00:00:00.000Z"],
  ["yyyy 'o''clock' HH", "2026 o'clock 05", undefined, "2026-01-01T05:00:00.000Z"],
  ["yyyy-MM-dd HH:mm z", "2026-07-01 12:00 CEST", undefined, "2026-07-01T10:00:00.000Z"],
  ["yyyy-MM-dd HH:mm:ss.SSS z", "2007-08-31 19:22:22.427 ADT", undefined, "2007-08-31T22:22:22.427Z"],
  ["yyyy-MM-dd HH:mm z", "2026-01-01 12:00 AST", undefined, "2026-01-01T16:00:00.000Z"],
  ["yyyy-MM-dd HH:mm z", "2013-07-01 12:00 MSK", undefined, "2013-07-01T08:00:00.000Z"],
  ["yyyy-MM-dd HH:mm z", "2026-07-01 12:00 nzst", undefined, "2026-07-01T00:00:00.000Z"],
  ["yyyy-MM-dd HH:mm z", "2026-07-01 12:00 Gmt", undefined, "2026-07-01T12:00:00.000Z"],
  ["yyyy-MM-dd HH:mm z", "2026-07-01 12:00 QQT", undefined, undefined],
  ["yyyy-MM-dd HH:mm ZZZ", "2026-07-01 12:00 Etc/GMT+5", undefined, "2026-07-01T17:00:00.000Z"],
  ["yyyy-MM-dd HH:mm ZZZ", "2026-01-01 12:00 America/Port-au-Prince", undefined, "2026-01-01T17:00:00.000Z"],
  ["yyyy-MM-dd'T'HH:mmX", "2026-07-01T12:00Z", undefined, "2026-07-01T12:00:00.000Z"],
  ["yyyy-MM-dd'T'HH:mmX", "2026-07-01T12:00+02", undefined, "2026-07-01T10:00:00.000Z"],
  ["yyyy-MM-dd'T'HH:mmXX", "2026-07-01T12:00+0530", undefined, "2026-07-01T06:30:00.000Z"],
  ["yyyy-MM-dd'T'HH:mmXXX", "2026-07-01T12:00-05:30", undefined, "2026-07-01T17:30:00.000Z"],
  ["yyyy-MM-dd HH:mm", "2026-07-01 12:00", "+05:30:00", "2026-07-01T06:30:00.000Z"],
  ["yyyy-MM-dd HH:mm", "2026-07-01 12:00", "-053020", "2026-07-01T17:30:20.000Z"],
  ["yyyy-MM-dd HH:mm", "2026-07-01 12:00", "UTC+18:00", "2026-06-30T18:00:00.000Z"],
  ["yyyy-MM-dd HH:mm", "2026-03-29 03:30", "Europe/Paris", "2026-03-29T01:30:00.000Z"],
  ["yyyy-MM-dd HH:mm", "2026-07-01 12:00", "Europe/Paris", "2026-07-01T10:00:00.000Z"],
  ["yyyy-MM-dd", "2026-02-31", undefined, undefined],
  ["HH:mm", "24:00", undefined, undefined],
  ["HH:mm:ss", "13:37:00", undefined, "2026-06-15T13:37:00.000Z"],
])("%s reads %s in zone %s as %s", (format, text, zone, expected) => {
  expect(read(format, text, zone)).toBe(expected);
});

test.each([
  ["dd MMMM yyyy", "12 février 2020", "fr", "2020-02-12"],
  ["dd MMMM yyyy", "12 FÉVRIER 2020", "fr_FR", "2020-02-12"],
  ["dd MMM yyyy", "12 févr. 2020", "fr", "2020-02-12"],
  ["dd MMM yyyy", "12 févr 2020", "fr-CA", "2020-02-12"],
  ["dd.MMM.yyyy", "12.Feb.2020", "de", "2020-02-12"],
  ["EEEE, d. MMMM yyyy", "Mittwoch, 4. März 2020", "de", "2020-03-04"],
  ["d MMMM yyyy", "4 marca 2020", "pl", "2020-03-04"],
  ["EEE dd MMM yyyy", "lun 09 ago 2021", "es", "2021-08-09"],
  ["yyyy MMM d", "2020 11月 4", "ja", "2020-11-04"],
  ["dd MMM yyyy", "12 Sept 2020", "en_GB", "2020-09-12"],
  ["dd MMM yyyy", "12 Feb 2020", "fr", undefined],
  ["dd MMM yyyy", "12 Feb. 2020", "en", undefined],
])("%s reads %s in the locale %s as %s", (format, text, locale, day) => {
  const { parse, pattern } = dateFormat(format, "UTC", locale);
  const instant = parse(text, NOW);
  expect(instant === undefined ? undefined : new Date(instant).toISOString().slice(0, 10)).toBe(day);
  const parser = compileParser({ matchRules: `r ${pattern}` });
  expect(parser.parse(text, { now: NOW }).matched).toBe(day !== undefined);
});

describe("a date without a year is the one nearest to now", () => {
  test.each([
    ["Jun 10 10:00:00", "2026-06-15", "2026-06-10"],
    ["Jun 20 10:00:00", "2026-06-15", "2026-06-20"],
    ["Dec 31 23:59:59", "2027-01-01", "2026-12-31"],
    ["Jan 01 00:00:01", "2026-12-31", "2027-01-01"],
    ["Jul 12 10:00:00", "1970-12-31", "1970-07-12"],
    ["Jul 02 10:00:00", "1970-12-31", "1971-07-02"],
    ["Feb 29 10:00:00", "2026-06-15", "2024-02-29"],
  ])("%s at %s is %s", (text, now, day) => {
    expect(read("MMM dd HH:mm:ss", text, undefined, Date.parse(`${now}T12:00:00Z`))?.slice(0, 10)).toBe(day);
  });
});

test.each(["Feb  7 10:00:00", "Feb 7 10:00:00"])("blanks are literal: MMM dd does not match %s", (text) => {
  expect(read("MMM dd HH:mm:ss", text)).toBeUndefined();
});

test.each(["+18:30", "+18:00:01", "+05:60", "+05:30:60", "Mars/Base", "QQT"])("the zone %s is refused", (zone) => {
  expect(() => dateFormat("HH:mm", zone)).toThrow(`"${zone}" is not a time zone`);
});

test("a formatted date is parsed to the same instant in any zone", () => {
  const zone = fc.constantFrom("UTC", "Asia/Singapore", "+05:30", "-03:00", "America/New_York");
  const format = dateFormat("yyyy-MM-dd'T'HH:mm:ss.SSSZ");
  fc.assert(
    fc.property(
      fc.date({ min: new Date("1980-01-01"), max: new Date("2099-01-01"), noInvalidDate: true }),
      zone,
      (date, any) => {
        expect(format.parse(date.toISOString(), NOW)).toBe(date.getTime());
        expect(
          dateFormat("yyyy-MM-dd HH:mm:ss.SSS Z", any).parse(
            date.toISOString().replace("T", " ").replace("Z", " +0000"),
            NOW,
          ),
        ).toBe(date.getTime());
      },
    ),
  );
});
