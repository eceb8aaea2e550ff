/**
 * Answers of several providers to one question. Enters: promises that never reject, and when there are enough answers.
 * Leaves: the answers that came in time, in the order asked. Not its job: what they say.
 */
import { GRACE_MS } from "./limits.ts";
import type { Provider, Wait } from "./provider.ts";

export interface Asked<T> {
  readonly provider: Provider;
  readonly answer: Promise<T>;
}

export interface Answered<T> {
  readonly provider: Provider;
  readonly answer: T;
}

/**
 * Waits until all have answered; or until enough have, and then a moment for those that are usually in time. Who is not
 * in time this once is not waited for the next time, until an answer came within the moment again.
 */
export async function gather<T>(
  duty: Wait,
  asked: readonly Asked<T>[],
  isEnough: (answers: readonly Answered<T>[]) => boolean,
  onLate: (late: Answered<T>) => void = () => {},
): Promise<readonly Answered<T>[]> {
  const answers = new Map<Provider, T>();
  const startedMs = performance.now();
  const { promise: inTime, resolve } = Promise.withResolvers<void>();
  let moment: NodeJS.Timeout | undefined;
  let isOver = false;
  const inOrder = (): Answered<T>[] =>
    asked.flatMap(({ provider }) => (answers.has(provider) ? [{ provider, answer: answers.get(provider) as T }] : []));
  const look = (): void => {
    const missing = asked.filter(({ provider }) => !answers.has(provider));
    if (missing.length === 0) return resolve();
    if (!isEnough(inOrder())) return;
    if (missing.every(({ provider }) => provider.late.has(duty))) return resolve();
    moment ??= setTimeout(resolve, GRACE_MS);
  };
  for (const { provider, answer } of asked) {
    void answer.then((value) => {
      if (isOver) {
        if (performance.now() - startedMs <= GRACE_MS) provider.late.delete(duty);
        return onLate({ provider, answer: value });
      }
      answers.set(provider, value);
      look();
    });
  }
  look();
  await inTime;
  isOver = true;
  clearTimeout(moment);
  for (const { provider } of asked) {
    if (answers.has(provider)) provider.late.delete(duty);
    else provider.late.add(duty);
  }
  return inOrder();
}
