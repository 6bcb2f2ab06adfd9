/** What a matcher says of a run. */
export interface Verdict {
  /** Whether what was expected holds. */
  readonly pass: boolean
  /** What was expected and what was seen instead, with the lines and who made them; of `pass`, why the opposite does not hold. */
  readonly message: string
  /** For the runner's own diff, where that says more than the message. */
  readonly actual?: unknown
  readonly expected?: unknown
}
