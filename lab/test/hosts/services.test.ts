import { imageMounts, nginx } from "../../hosts/content/services";

const images = { etcd: ["/cache/a", "/cache/b"], "coredns/coredns": ["/cache/c"] };

test("the folders of a repository are mounted at its name, each below another folder", () => {
  expect(imageMounts(images)).toEqual({
    "/srv/images/etcd": "/cache/a",
    "/srv/images-2/etcd": "/cache/b",
    "/srv/images/coredns/coredns": "/cache/c",
  });
});

test("the registry searches for a file in every mounted folder", () => {
  expect(nginx(images).match(/try_files .*/g)).toEqual(
    Array(2).fill("try_files /srv/images/$1 /srv/images-2/$1 =404;"),
  );
  expect(nginx({ etcd: ["/cache/a"] })).toContain("try_files /srv/images/$1 =404;");
});
