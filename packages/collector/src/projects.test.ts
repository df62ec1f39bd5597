import { describe, expect, it } from "vitest";
import { createKeyTable, createProjects as projectsOf, projectNamed } from "./projects.js";
import type { Projects } from "./projects.js";

function createProjects(keys: Record<string, string>, disabledKeys: string[]): Projects {
  return projectsOf(createKeyTable(keys, disabledKeys));
}

describe("createProjects", () => {
  it("accepts every key into the project default when none is configured", () => {
    const projects = createProjects({}, []);
    expect(projects.open).toBe(true);
    expect(projects.find("anything")).toEqual({ kind: "known", project: "default" });
  });

  it("knows configured keys alone", () => {
    const projects = createProjects({ wk_1: "shop", wk_2: "blog" }, []);
    expect(projects.open).toBe(false);
    expect(projects.find("wk_2")).toEqual({ kind: "known", project: "blog" });
    expect(projects.find("wk_3")).toEqual({ kind: "unknown" });
    expect(projects.find("__proto__")).toEqual({ kind: "unknown" });
  });

  it("tells a disabled key from an unknown one, also when everything else is open", () => {
    expect(createProjects({ wk: "shop" }, ["old"]).find("old")).toEqual({ kind: "disabled" });
    expect(createProjects({}, ["old"]).find("old")).toEqual({ kind: "disabled" });
  });

  it("finds the project of a name inside an event, and none for other names", () => {
    const table = createKeyTable({ "app-1": "shop" }, ["app-0"]);
    expect(["app-1", "app-0", "app-2"].map((name) => projectNamed(table, name))).toEqual(["shop", null, null]);
    expect(projectNamed(createKeyTable({}, []), "app-1")).toBeNull();
  });

  it("holds no key in readable form", () => {
    const { matches } = createKeyTable({ "wk-secret": "shop" }, ["old-secret"]);
    expect([...matches.keys()].join(" ")).not.toMatch(/secret/);
  });
});
