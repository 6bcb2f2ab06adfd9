/** What a run did not see, told at its end. */

import type { Reason } from '../../index.ts'
import { say } from './say.ts'
import type { Settings } from './settings.ts'

/** `hasLeft`: processes were let go, and everybody knows it. */
export function sayWhatIsMissing(reasons: Set<Reason>, { rules }: Settings, hasLeft: boolean): void {
  if (reasons.delete('rule-unread')) say('a rule left calls alone that could not be compared with it')
  // What could not be overwritten was told call by call.
  const isTold = rules.inject.some((rule) => (rule.pokeEnter ?? rule.pokeExit) !== undefined)
  if (reasons.delete('rule-failed') && !isTold) say('something that a rule wanted could not be done')
  if (hasLeft) reasons.delete('detached')
  if (reasons.size > 0) say(`not everything was seen: ${[...reasons].join(', ')}`)
}
