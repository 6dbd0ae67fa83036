/** D1 databases of which one call fails, for tests of what a crash leaves behind. */

/** Before: the statement never arrives. After: it is carried out, and its answer is lost. */
export type Moment = 'before' | 'after';

/** The same databases, whose call number `at` (from 1, counted over all of them) fails. */
export function breaking<Databases extends readonly D1Database[]>(
  databases: Databases,
  at: number,
  moment: Moment,
): { databases: Databases; calls: () => number } {
  let calls = 0;
  const real = new WeakMap<object, D1PreparedStatement>();

  async function call<Result>(run: () => Promise<Result>): Promise<Result> {
    calls += 1;
    const fails = calls === at;
    if (fails && moment === 'before') throw new Error('D1_ERROR: Network connection lost.');
    const result = await run();
    if (fails) throw new Error('D1_ERROR: Network connection lost.');
    return result;
  }

  function statementOf(inner: D1PreparedStatement): D1PreparedStatement {
    const statement = {
      bind: (...values: unknown[]) => statementOf(inner.bind(...values)),
      run: () => call(() => inner.run()),
      all: () => call(() => inner.all()),
    };
    real.set(statement, inner);
    return statement as unknown as D1PreparedStatement;
  }

  const broken = databases.map((database) => ({
    prepare: (sql: string) => statementOf(database.prepare(sql)),
    batch: (statements: D1PreparedStatement[]) =>
      call(() => database.batch(statements.map((one) => real.get(one) ?? one))),
  }));
  return { databases: broken as unknown as Databases, calls: () => calls };
}
