// Whether the form for a new run is open, and what it starts with.
import { EMPTY_FORM, type SubmitForm } from "../state/submitForm";

class Submission {
  form = $state.raw<SubmitForm | null>(null);

  open(form: SubmitForm = EMPTY_FORM): void {
    this.form = form;
  }

  close(): void {
    this.form = null;
  }
}

export const submission = new Submission();
