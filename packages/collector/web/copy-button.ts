import { element } from "./element.js";

/** A button that copies the text of what it stands beside. */
export function copyButton(text: string, source: Node): HTMLButtonElement {
  const button = element("button", { type: "button", class: "button" }, "Copy");
  copiesOnClick(button, text, source);
  return button;
}

export function copiesOnClick(button: HTMLButtonElement, text: string, source: Node): void {
  button.addEventListener("click", () => void copy(button, text, source));
}

/** Browsers give no clipboard to pages that are neither local nor encrypted: there the text is selected instead. */
async function copy(button: HTMLButtonElement, text: string, source: Node): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection()?.selectAllChildren(source);
    button.textContent = "Selected: press Ctrl+C";
  }
}
