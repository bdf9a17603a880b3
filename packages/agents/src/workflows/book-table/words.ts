// What the booking of a table must know about a language: words that it recognises, sentences that it says.

/** Sentences; `{...}` are filled in. */
export interface BookingSentences {
  readonly askParty: string;
  readonly askDay: string;
  readonly askTime: string;
  readonly tooMany: string;
  readonly tooFew: string;
  readonly pastDay: string;
  readonly farDay: string;
  readonly confirm: string;
  readonly yes: string;
  readonly change: string;
  readonly cancel: string;
  readonly askChange: string;
  readonly notUnderstood: string;
  readonly booked: string;
  readonly cancelled: string;
  readonly timedOut: string;
  readonly nudge: string;
}

/** One language; words are written without accents, in lower case. */
export interface BookingWords {
  /** For Intl, with its country where dates differ. */
  readonly locale: string;
  /** Phrases that begin a booking. */
  readonly intents: readonly string[];
  /** Phrases that end it. */
  readonly cancels: readonly string[];
  readonly yes: readonly string[];
  readonly changes: readonly string[];
  /** Number words from 1 on. */
  readonly numbers: readonly string[];
  /** Before the number of guests, and behind it. */
  readonly partyBefore: readonly string[];
  readonly partyAfter: readonly string[];
  readonly today: readonly string[];
  readonly tomorrow: readonly string[];
  readonly dayAfter: readonly string[];
  /** Sunday first, each with its short forms. */
  readonly weekdays: readonly (readonly string[])[];
  readonly months: readonly (readonly string[])[];
  /** Before a time, such as "at 8". */
  readonly timeBefore: readonly string[];
  readonly say: BookingSentences;
}

const list = (text: string): readonly string[] => text.split(", ");
const lists = (text: string): readonly (readonly string[])[] => text.split("; ").map(list);

const en: BookingWords = {
  locale: "en-GB",
  intents: list(
    "book a table, book table, reserve a table, reserve table, table for, make a reservation, make a booking, book a place, like a table, need a table, want a table, get a table, table booking",
  ),
  cancels: list(
    "cancel, cancel it, cancel the booking, cancel booking, cancel please, please cancel, stop, stop booking, stop the booking, never mind, nevermind, forget it, forget about it, leave it",
  ),
  yes: list(
    "yes, yes please, yes book it, yes that is right, yep, yeah, sure, ok, okay, perfect, correct, confirm, book it, please do, sounds good, great",
  ),
  changes: list("no, change, change it, no change it, not yet, wrong"),
  numbers: list("one, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve"),
  partyBefore: list("for, party of, group of, we are, we will be, there are, make it, of us"),
  partyAfter: list("people, persons, person, guests, guest, adults, seats, of us, pax"),
  today: list("today, tonight, this evening"),
  tomorrow: list("tomorrow"),
  dayAfter: list("day after tomorrow"),
  weekdays: lists("sunday, sun; monday, mon; tuesday, tue; wednesday, wed; thursday, thu; friday, fri; saturday, sat"),
  months: lists(
    "january, jan; february, feb; march, mar; april, apr; may; june, jun; july, jul; august, aug; september, sept, sep; october, oct; november, nov; december, dec",
  ),
  timeBefore: list("at, around, about, from"),
  say: {
    askParty: "Gladly! For how many people shall I book the table?",
    askDay: "A table for {party}. For which day and at what time?",
    askTime: "A table for {party} on {day}. At what time?",
    tooMany:
      "We seat up to {limit} at one table in this chat. How many of you will come? For a larger group, ask for a person.",
    tooFew: "A table needs at least one guest. How many of you will come?",
    pastDay: "{day}, {time} is over already. For which day and at what time shall I book?",
    farDay: "We take bookings up to {days} days ahead. For which day and at what time shall I book?",
    confirm: "A table for {party} on {day} at {time}. Shall I book it?",
    yes: "Yes, book it",
    change: "Change it",
    cancel: "Cancel",
    askChange: "What shall I change: the number of people, the day or the time?",
    notUnderstood: "I did not quite get that.",
    booked: "Your table for {party} on {day} at {time} is booked. Your booking number is {number}. See you then!",
    cancelled: "All right, I have not booked anything.",
    timedOut: "I have not heard from you, so I have not booked a table. Write to me whenever you want one.",
    nudge: "And your table? {question}",
  },
};

const de: BookingWords = {
  locale: "de-DE",
  intents: list(
    "tisch reservieren, tisch buchen, tisch bestellen, tisch fur, reservierung machen, reservieren, gerne einen tisch, brauche einen tisch, tischreservierung",
  ),
  cancels: list("abbrechen, abbruch, stopp, stop, doch nicht, vergiss es, lass es, nicht mehr, stornieren, absagen"),
  yes: list(
    "ja, ja bitte, ja gerne, gerne, gern, genau, passt, ok, okay, perfekt, richtig, bestatigen, bitte buchen, ja buchen",
  ),
  changes: list("nein, andern, noch andern, falsch, noch nicht"),
  numbers: list("eine, zwei, drei, vier, funf, sechs, sieben, acht, neun, zehn, elf, zwolf"),
  partyBefore: list("fur, wir sind, wir waren, doch, zu"),
  partyAfter: list("personen, person, leute, gaste, platze, erwachsene"),
  today: list("heute, heute abend"),
  tomorrow: list("morgen"),
  dayAfter: list("ubermorgen"),
  weekdays: lists(
    "sonntag, so; montag, mo; dienstag, di; mittwoch, mi; donnerstag, do; freitag, fr; samstag, sonnabend, sa",
  ),
  months: lists(
    "januar, jan; februar, feb; marz; april; mai; juni, jun; juli, jul; august, aug; september, sept; oktober, okt; november, nov; dezember, dez",
  ),
  timeBefore: list("um, gegen, ab"),
  say: {
    askParty: "Sehr gerne! Für wie viele Personen darf ich den Tisch reservieren?",
    askDay: "Ein Tisch für {party}. Für welchen Tag und um wie viel Uhr?",
    askTime: "Ein Tisch für {party} am {day}. Um wie viel Uhr?",
    tooMany:
      "An einem Tisch haben bei uns bis zu {limit} Personen Platz. Wie viele kommen? Für größere Gruppen schreiben Sie, dass Sie mit einem Menschen sprechen möchten.",
    tooFew: "Ein Tisch braucht mindestens einen Gast. Wie viele kommen?",
    pastDay: "{day}, {time} Uhr ist schon vorbei. Für welchen Tag und um wie viel Uhr darf ich reservieren?",
    farDay: "Wir nehmen Reservierungen bis zu {days} Tage im Voraus an. Für welchen Tag und um wie viel Uhr?",
    confirm: "Ein Tisch für {party} am {day} um {time} Uhr. Soll ich ihn reservieren?",
    yes: "Ja, reservieren",
    change: "Ändern",
    cancel: "Abbrechen",
    askChange: "Was soll ich ändern: die Zahl der Personen, den Tag oder die Uhrzeit?",
    notUnderstood: "Das habe ich nicht ganz verstanden.",
    booked:
      "Ihr Tisch für {party} am {day} um {time} Uhr ist reserviert. Ihre Reservierungsnummer ist {number}. Bis dann!",
    cancelled: "In Ordnung, ich habe nichts reserviert.",
    timedOut:
      "Ich habe nichts mehr von Ihnen gehört und daher keinen Tisch reserviert. Schreiben Sie mir jederzeit wieder.",
    nudge: "Und Ihr Tisch? {question}",
  },
};

const es: BookingWords = {
  locale: "es-ES",
  intents: list(
    "reservar una mesa, reservar mesa, mesa para, quiero una mesa, hacer una reserva, quiero reservar, reservar",
  ),
  cancels: list("cancelar, cancela, cancelalo, para, olvidalo, dejalo, ya no, no importa"),
  yes: list(
    "si, si por favor, vale, perfecto, correcto, confirmar, confirmo, claro, de acuerdo, ok, si reservala, reservala",
  ),
  changes: list("no, cambiar, cambiala, todavia no, mal"),
  numbers: list("una, dos, tres, cuatro, cinco, seis, siete, ocho, nueve, diez, once, doce"),
  partyBefore: list("para, somos, seremos, mejor"),
  partyAfter: list("personas, persona, comensales, adultos, gente"),
  today: list("hoy, esta noche"),
  tomorrow: list("manana"),
  dayAfter: list("pasado manana"),
  weekdays: lists("domingo; lunes; martes; miercoles; jueves; viernes; sabado"),
  months: lists("enero; febrero; marzo; abril; mayo; junio; julio; agosto; septiembre; octubre; noviembre; diciembre"),
  timeBefore: list("a las, a la, sobre las"),
  say: {
    askParty: "¡Con mucho gusto! ¿Para cuántas personas reservo la mesa?",
    askDay: "Una mesa para {party}. ¿Para qué día y a qué hora?",
    askTime: "Una mesa para {party} el {day}. ¿A qué hora?",
    tooMany:
      "En una mesa caben hasta {limit} personas. ¿Cuántos vendréis? Para un grupo mayor, pide hablar con una persona.",
    tooFew: "Una mesa necesita al menos un comensal. ¿Cuántos vendréis?",
    pastDay: "{day}, {time} ya ha pasado. ¿Para qué día y a qué hora reservo?",
    farDay: "Aceptamos reservas con hasta {days} días de antelación. ¿Para qué día y a qué hora?",
    confirm: "Una mesa para {party} el {day} a las {time}. ¿La reservo?",
    yes: "Sí, resérvala",
    change: "Cambiar",
    cancel: "Cancelar",
    askChange: "¿Qué cambio: el número de personas, el día o la hora?",
    notUnderstood: "No te he entendido del todo.",
    booked:
      "Tu mesa para {party} el {day} a las {time} está reservada. Tu número de reserva es {number}. ¡Hasta entonces!",
    cancelled: "De acuerdo, no he reservado nada.",
    timedOut: "No he sabido más de ti, así que no he reservado ninguna mesa. Escríbeme cuando quieras.",
    nudge: "¿Y tu mesa? {question}",
  },
};

const pt: BookingWords = {
  locale: "pt-PT",
  intents: list(
    "reservar uma mesa, reservar mesa, mesa para, quero uma mesa, fazer uma reserva, quero reservar, reservar",
  ),
  cancels: list("cancelar, cancela, para, esquece, esqueca, deixa, ja nao, nao importa"),
  yes: list(
    "sim, sim por favor, pode ser, perfeito, certo, correto, confirmar, confirmo, claro, ok, sim reserva, reserva",
  ),
  changes: list("nao, mudar, alterar, ainda nao, errado"),
  numbers: list("uma, duas, tres, quatro, cinco, seis, sete, oito, nove, dez, onze, doze"),
  partyBefore: list("para, somos, seremos, afinal"),
  partyAfter: list("pessoas, pessoa, adultos, lugares"),
  today: list("hoje, esta noite"),
  tomorrow: list("amanha"),
  dayAfter: list("depois de amanha"),
  weekdays: lists("domingo; segunda; terca; quarta; quinta; sexta; sabado"),
  months: lists("janeiro; fevereiro; marco; abril; maio; junho; julho; agosto; setembro; outubro; novembro; dezembro"),
  timeBefore: list("as, pelas, a partir das"),
  say: {
    askParty: "Com todo o gosto! Para quantas pessoas reservo a mesa?",
    askDay: "Uma mesa para {party}. Para que dia e a que horas?",
    askTime: "Uma mesa para {party} em {day}. A que horas?",
    tooMany:
      "Numa mesa cabem até {limit} pessoas. Quantas pessoas vêm? Para um grupo maior, peça para falar com uma pessoa.",
    tooFew: "Uma mesa precisa de pelo menos uma pessoa. Quantas pessoas vêm?",
    pastDay: "{day}, {time} já passou. Para que dia e a que horas reservo?",
    farDay: "Aceitamos reservas com até {days} dias de antecedência. Para que dia e a que horas?",
    confirm: "Uma mesa para {party} em {day} às {time}. Posso reservar?",
    yes: "Sim, reservar",
    change: "Alterar",
    cancel: "Cancelar",
    askChange: "O que altero: o número de pessoas, o dia ou a hora?",
    notUnderstood: "Não percebi bem.",
    booked: "A sua mesa para {party} em {day} às {time} está reservada. O número da reserva é {number}. Até lá!",
    cancelled: "Muito bem, não reservei nada.",
    timedOut: "Não tive mais notícias suas, por isso não reservei nenhuma mesa. Escreva quando quiser.",
    nudge: "E a sua mesa? {question}",
  },
};

/** The languages by the codes of the built-in model. */
export const bookingWords: Readonly<Record<string, BookingWords>> = { en, de, es, pt };

/** The words of a language; English for one that is not here. */
export function wordsOf(language: string): BookingWords {
  return bookingWords[language] ?? en;
}
