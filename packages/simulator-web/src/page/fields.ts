// Reading small forms.

/** The texts of a submitted form, which is emptied. */
export function fieldsOf(event: SubmitEvent): Readonly<Record<string, string>> {
  event.preventDefault();
  const form = event.target;
  if (!(form instanceof HTMLFormElement)) return {};
  const fields = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value).trim()]));
  form.reset();
  return fields;
}
