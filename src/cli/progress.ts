import cliProgress from 'cli-progress';
import type { Host } from './host.ts';

/** Shows how far a command is: a bar on a terminal, else a line every few seconds. */
export interface Progress {
  /**
   * @param done between 0 and total
   * @param text what to say beside the percentage
   */
  show(done: number, text: string): void;
  /** A note that must not tear the bar apart. */
  note(text: string): void;
  stop(): void;
}

const LINE_INTERVAL_MS = 5_000;

export function startProgress(host: Host, total: number): Progress {
  return host.stderr.isTTY === true ? startBar(host, total) : startLines(host, total);
}

function startBar(host: Host, total: number): Progress {
  const bar = new cliProgress.SingleBar({
    stream: host.stderr,
    hideCursor: true,
    clearOnComplete: false,
    gracefulExit: false,
    fps: 8,
    barsize: 24,
    format: '{bar} {percentage}% {text}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
  });
  bar.start(Math.max(total, 1), 0, { text: '' });
  return {
    show: (done, text) => bar.update(total === 0 ? 1 : done, { text }),
    note: (text) => host.stderr.write(`\r\u001b[K${text}\n`),
    stop: () => bar.stop(),
  };
}

function startLines(host: Host, total: number): Progress {
  let shownAtMs = performance.now();
  return {
    show: (done, text) => {
      if (performance.now() - shownAtMs < LINE_INTERVAL_MS) return;
      shownAtMs = performance.now();
      host.stderr.write(`${Math.floor((total === 0 ? 1 : done / total) * 100)}% ${text}\n`);
    },
    note: (text) => host.stderr.write(`${text}\n`),
    stop: () => undefined,
  };
}
