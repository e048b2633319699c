// What fields of a form have in common.

export interface FieldProps {
  /** As the form calls it. */
  name: string;
  /** As people call it. */
  label: string;
  hint?: string;
  /** What is wrong about it. */
  error: string | undefined;
  value: string;
}
