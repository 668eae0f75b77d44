/** What the shell sees. Scripts build on these; they are printed by `durabill --help`. */
export const EXIT_STATUS = {
  ok: 0,
  /** The command did its work, but rows were rejected, subscriptions need attention, the books do not agree, or a person is needed. */
  attention: 1,
  /** Wrong options, a file that cannot be read or is not what the options say; nothing was sent. */
  usage: 2,
  /** The API refused the request. */
  refused: 3,
  /** The API could not be reached, or kept failing. */
  unreachable: 4,
  /** A defect in durabill itself. */
  defect: 70,
  /** Stopped by Ctrl-C or SIGTERM; an import goes on where it was when the command is repeated. */
  interrupted: 130,
} as const;

export type ExitStatus = keyof typeof EXIT_STATUS;

export const EXIT_STATUS_HELP = `Exit status:
  0    done
  1    done, but rows were rejected, something needs attention, or verify found differences
  2    wrong options, or an input that cannot be read as they say; nothing was sent
  3    the API refused the request
  4    the API cannot be reached or keeps failing
  70   a defect in durabill
  130  interrupted; repeat an import to go on where it stopped`;
