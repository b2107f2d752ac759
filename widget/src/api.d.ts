/** The shapes of docs/api.md: times are seconds of the Unix epoch, durations seconds; unknown values are left out. */

export type Entity = 'leads' | 'contacts' | 'companies';
export type PhoneState = 'free' | 'ringing' | 'talking' | 'unreachable' | 'unknown';
export type LinkState = 'never' | 'connecting' | 'up' | 'down' | 'refused';
export type PopupState = 'calling' | 'dialling' | 'ringing' | 'talking' | 'ended' | 'failed' | 'missed' | 'closed';

export interface FieldError {
  field: string;
  message: string;
}

/** Why a request failed: the backend's own answer, or `network` and `server`; `status` is HTTP's, 0 without an answer. */
export interface Refusal {
  kind: string;
  message: string;
  fields: FieldError[];
  status: number;
}

export interface Alert {
  kind: string;
  since: number;
  message: Record<string, string>;
}

export interface Me {
  user_id: number;
  name: string;
  extensions: string[];
  phone: PhoneState;
  link: LinkState;
  account: string;
  alerts?: Alert[];
}

export interface Colleague {
  user_id: number;
  name: string;
  extension: string;
  state: PhoneState;
}

export interface Transfer {
  kind: 'blind' | 'attended';
  state: 'asked' | 'consulting' | 'done' | 'failed';
  to?: { name: string };
  reason?: string;
}

export interface PopupDetails {
  direction: 'inbound' | 'outbound' | 'request';
  at: number;
  phone?: string;
  number?: string;
  did?: string;
  answered_at?: number;
  duration?: number;
  name?: string;
  company?: string;
  party?: { entity: Entity; id: number };
  lead?: { id: number; name?: string; price?: number; stage?: string };
  responsible?: { id: number; name: string };
  is_new?: boolean;
  /** Who else has this number. */
  others?: { entity: Entity; id: number; name: string; company?: string }[];
  calls?: { total: number; last?: number };
  reason?: string;
  result?: string;
  transfer?: Transfer;
  passed_by?: { name: string };
  outcome?: boolean;
  request?: { site?: string; name?: string; department?: string; comment?: string };
  /** Set by this widget: the words of a refused click. */
  words?: string;
}

export interface Popup {
  call: string;
  state: PopupState;
  serial: number;
  details: PopupDetails;
}

export interface Call {
  call: string;
  at: number;
  direction: 'inbound' | 'outbound' | 'request';
  result?: 'answered' | 'missed' | 'failed';
  reason?: string;
  duration?: number;
  number?: string;
  phone?: string;
  name?: string;
  employees?: { name?: string; extension: string; seconds: number }[];
  lead?: { id: number; name?: string };
  recording?: string;
  recording_state?: 'waiting' | 'ready' | 'failed';
  recording_why?: string;
}

export interface Card {
  phones: { number: string; spoken: string }[];
  calls: Call[];
  missed: Call[];
}

export interface Contact {
  entity: Entity;
  id: number;
  name: string;
}

export interface Outcome {
  result?: string;
  note?: string;
  task?: { text: string; due: number };
  name?: string;
  contact?: number;
}
