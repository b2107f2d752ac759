/** What amoCRM gives to a widget's script (docs/amocrm-contract.md §4.4–4.7), and what the build and the loader put in. */

interface AmoApp {
  lang_id: string;
  data: { current_card: { id: number | string } };
  sdk: { setCallingStatus(isInCall: boolean): void };
  notifications: { show_message_error(message: { header: string; text: string }): void };
  constant(name: 'account'): { id?: number; currency?: string } | undefined;
  getWidgetsArea(): string;
  isCard(): boolean;
}

/** The object that amoCRM calls the script's function with, as `this`. */
interface AmoWidget {
  callbacks: Record<string, (...given: any[]) => unknown>;
  $authorizedAjax(request: object): { then(done: (answer: any) => void, failed: (xhr: AmoXhr) => void): void };
  add_action(kind: 'phone', listener: (action: { value: string | number }) => void): void;
  get_install_status(): string;
  get_settings(): { path: string; version: string; widget_code: string };
  i18n(key: string): unknown;
  render_template(parts: { caption: { class_name: string; html: string }; body: string; render: string }): void;
  system(): { amouser_id: string | number };
}

interface AmoXhr {
  status: number;
  responseJSON?: { error?: string; message: string; fields?: import('./api').FieldError[] };
}

type AmoJQuery = (target: Document) => Record<'on' | 'off', (event: string, listener: () => void) => void>;

/** AMD's `require` of amoCRM's loader. */
type AmoLoader = (addresses: string[], done: (module: any) => void, failed: (error: unknown) => void) => void;

declare const APP: AmoApp;

declare module 'jquery' {
  const jQuery: AmoJQuery;
  export default jQuery;
}

declare module 'require' {
  const load: AmoLoader;
  export default load;
}

/** The address of our service, which the archive is built for. */
declare module 'station:backend' {
  const backend: string;
  export default backend;
}

/** What is the same for every reader: each language of the widget by its code, out of i18n/{code}/language.json. */
declare module 'station:languages' {
  const languages: import('./amocrm.js').Languages;
  export default languages;
}
