/** How saving comes to the records of a run, which no public property has. */

/** Method of finished runs: their `Records`. A symbol, so that users do not meet it. */
export const recordsOf: unique symbol = Symbol.for('syscope.recordsOf')
