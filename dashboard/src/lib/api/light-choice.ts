/** Light schemas of choices: most pages need no others. See light-schemas.ts. */

export interface LightIssue {
  readonly message: string;
  readonly path: readonly PropertyKey[];
}

export type LightResult<Value> =
  | { readonly success: true; readonly data: Value; readonly error?: undefined }
  | {
      readonly success: false;
      readonly data?: undefined;
      readonly error: { readonly issues: readonly LightIssue[] };
    };

/** The part of a zod schema that the pages use. */
export interface LightSchema<Value> {
  safeParse(value: unknown): LightResult<Value>;
}

/** The result of failed checks. */
export const refused = (messages: readonly string[]) =>
  ({ success: false, error: { issues: messages.map((message) => ({ message, path: [] })) } }) as const;

/** One of some texts. */
export const oneOf = <Option extends string>(
  options: readonly Option[],
  message: string,
): LightSchema<Option> & { readonly options: readonly Option[] } => ({
  options,
  safeParse(value) {
    const option = options.find((candidate) => candidate === value);
    return option === undefined ? refused([message]) : { success: true, data: option };
  },
});
