/** Gives the reader a file that was made here. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun when the click returns; its bytes are held by the browser.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
