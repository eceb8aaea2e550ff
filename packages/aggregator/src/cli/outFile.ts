/**
 * A file that a command writes at its end (P-106). Enters: a path, before the work begins. Leaves: the whole file
 * there, or the text on standard output and an error: what took a round of signing is never lost to a path. Nothing
 * half-written.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname } from "node:path";
import process from "node:process";
import { isQuorateError, type QuorateError, quorateError } from "@quorate/common";

/** Where the text goes, and what is moved there in the end; null for a pipe or a device, which is written in place. */
interface Place {
  readonly target: string;
  readonly partial: string | null;
}

export class OutFile {
  readonly #path: string;
  readonly #place: Place;
  readonly #mayReplace: boolean;
  readonly #onExit = (): void => this.discard();

  private constructor(path: string, place: Place, mayReplace: boolean) {
    this.#path = path;
    this.#place = place;
    this.#mayReplace = mayReplace;
    process.on("exit", this.#onExit);
  }

  /**
   * Makes sure that the file can be written: an empty one is made beside it.
   * @throws OUTPUT_FILE_EXISTS unless `mayReplace`, OUTPUT_FILE_UNWRITABLE
   */
  static reserve(path: string, mayReplace: boolean): OutFile {
    const place = coded(path, () => placeOf(path, mayReplace));
    coded(path, () => {
      if (place.partial === null) accessSync(place.target, constants.W_OK);
      else closeSync(openSync(place.partial, "wx"));
    });
    return new OutFile(path, place, mayReplace);
  }

  /** @throws OUTPUT_FILE_EXISTS, OUTPUT_FILE_UNWRITABLE; the text is on standard output then */
  finish(text: string): void {
    try {
      coded(this.#path, () => this.#write(text));
    } catch (error) {
      process.stdout.write(text);
      const { code, values } = error as QuorateError;
      throw quorateError(code, values, { remedy: "Keep what was printed on standard output: it is the whole file." });
    } finally {
      this.discard();
    }
  }

  /** What is not finished leaves nothing behind. */
  discard(): void {
    process.off("exit", this.#onExit);
    if (this.#place.partial !== null) rmSync(this.#place.partial, { force: true });
  }

  #write(text: string): void {
    const { target, partial } = this.#place;
    if (partial === null) {
      writeFileSync(target, text);
      return;
    }
    const file = openSync(partial, "w");
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    if (this.#mayReplace) renameSync(partial, target);
    else moveUnlessThere(partial, target, this.#path);
  }
}

function placeOf(path: string, mayReplace: boolean): Place {
  if (basename(path) === "") throw unwritable(path, "it names no file");
  const own = lstatSync(path, { throwIfNoEntry: false });
  if (own === undefined) return { target: path, partial: partialOf(path) };
  const led = statSync(path, { throwIfNoEntry: false });
  if (led?.isDirectory() === true) throw unwritable(path, "it is a directory");
  if (led !== undefined && !led.isFile()) return { target: path, partial: null };
  if (!mayReplace) throw quorateError("OUTPUT_FILE_EXISTS", { path });
  if (led === undefined) throw unwritable(path, "it is a link to nothing");
  accessSync(path, constants.W_OK);
  const target = realpathSync(path);
  return { target, partial: partialOf(target) };
}

/** The process's own: two commands may write to one directory. */
function partialOf(target: string): string {
  return `${target}.${process.pid}.partial`;
}

/** A link fails where a file has come to be meanwhile; a file system without links is asked first. */
function moveUnlessThere(partial: string, target: string, path: string): void {
  try {
    linkSync(partial, target);
  } catch (error) {
    if (existsSync(target)) throw quorateError("OUTPUT_FILE_EXISTS", { path }, { cause: error });
    renameSync(partial, target);
  }
}

function coded<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (isQuorateError(cause)) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    const isMissing = code === "ENOENT" || code === "ENOTDIR";
    throw unwritable(path, isMissing ? `there is no directory ${dirname(path)}` : (code ?? String(cause)));
  }
}

function unwritable(path: string, reason: string): QuorateError {
  return quorateError("OUTPUT_FILE_UNWRITABLE", { path, reason });
}
