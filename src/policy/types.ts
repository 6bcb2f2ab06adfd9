/** What a policy file holds. */

import type { DenyOption, DenyRule, InjectRule } from '../rules/options.ts'

/**
 * What a policy file holds. Words are those of the `deny` and `inject` options of `trace()`; bytes are `{ "base64": "…" }`, and numbers past 2^53
 * are exact. Comments and commas before a closing bracket are allowed.
 */
export interface PolicyDocument {
  /** For editors: where the schema is. */
  readonly $schema?: string
  /** Version of the format. */
  readonly version: 1
  /** Calls that fail without being run. */
  readonly deny?: DenyOption
  /** Calls that are changed. */
  readonly inject?: InjectRule | readonly InjectRule[]
}

/** The rules of a policy, as options of `trace()` and `attach()`: lists, empty where there are none. */
export interface Policy {
  readonly deny: readonly DenyRule[]
  readonly inject: readonly InjectRule[]
}
