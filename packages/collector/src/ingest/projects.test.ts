import { describe, expect, it } from "vitest";
import { createProjects } from "./projects.js";

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

  it("holds no key in readable form", () => {
    expect(JSON.stringify(createProjects({ "wk-secret": "shop" }, []))).not.toContain("wk-secret");
  });
});
