import { haproxyDropIn, keepalivedDropIn, watchUnit } from "../../../components/haproxy-pair/drop-ins";
import { haproxyNoServersFile, haproxyDownFile, renderKeepalived } from "../../../components/haproxy-pair/keepalived";
import { lb1, lb2, seed, virtualIp } from "./configurations";

describe("snapshots", () => {
  test("the unit of haproxy-watch", () => expect(watchUnit(seed, virtualIp.address)).toMatchSnapshot());
  test("the drop-ins of HAProxy and Keepalived", () =>
    expect([haproxyDropIn, keepalivedDropIn("192.168.2.140")]).toMatchSnapshot());
});

test("keepalived.conf tracks the files that HAProxy's unit and haproxy-watch write", () => {
  const text = renderKeepalived(virtualIp, lb1, [lb2]);
  expect(text).toContain(`file "${haproxyDownFile}"\n    weight 0\n`);
  // after a boot without HAProxy the file is missing
  expect(text.match(/^track_file haproxy_down \{[^}]*^ {4}init_file 1\n/gm)).toHaveLength(1);
  expect(text).toContain(`file "${haproxyNoServersFile}"\n    weight -100\n`);
  for (const moment of ["ExecStartPre", "ExecStop", "ExecStopPost"]) {
    expect(haproxyDropIn).toMatch(new RegExp(`^${moment}=/bin/sh -c 'echo 1 >${haproxyDownFile}`, "m"));
  }
  expect(haproxyDropIn).toMatch(new RegExp(`^ExecStartPost=/bin/sh -c 'echo 0 >${haproxyDownFile}'$`, "m"));
});
