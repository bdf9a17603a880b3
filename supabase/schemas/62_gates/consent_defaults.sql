-- The opt-out and opt-in words of a language and what is said to who used one: {stop: [...], resume: [...], stopped,
-- resumed}. Lower case. Words that are everyday answers in a chat ("end", "back", "yes") are left out on purpose.
-- Called by: consent_word, apply_consent_word.
create function app.consent_defaults (
  p_language text
)
  returns jsonb
  language sql
  immutable
  set search_path = ''
as $$
  select case p_language
    when 'en' then '{"stop": ["stop", "stop all", "stopall", "unsubscribe", "cancel", "opt out", "optout"],
      "resume": ["start", "unstop", "resume", "subscribe", "opt in", "optin"],
      "stopped": "You will get no more messages from us. Reply START to get them again.",
      "resumed": "You will get our messages again. Reply STOP to end them."}'::jsonb
    when 'es' then '{"stop": ["baja", "darme de baja", "dar de baja", "parar", "no molestar", "cancelar suscripción", "cancelar suscripcion"],
      "resume": ["alta", "darme de alta", "reanudar"],
      "stopped": "Ya no recibirás más mensajes nuestros. Responde ALTA para volver a recibirlos.",
      "resumed": "Volverás a recibir nuestros mensajes. Responde BAJA para dejar de recibirlos."}'::jsonb
    when 'pt' then '{"stop": ["sair", "parar", "descadastrar", "cancelar inscrição", "cancelar inscricao"],
      "resume": ["retomar", "inscrever", "quero receber"],
      "stopped": "Você não receberá mais mensagens nossas. Responda RETOMAR para voltar a receber.",
      "resumed": "Você voltará a receber nossas mensagens. Responda SAIR para deixar de receber."}'::jsonb
    when 'fr' then '{"stop": ["arrêt", "arret", "arrêter", "arreter", "désabonner", "desabonner", "me désabonner"],
      "resume": ["reprendre", "abonner", "m''abonner"],
      "stopped": "Vous ne recevrez plus de messages de notre part. Répondez REPRENDRE pour en recevoir à nouveau.",
      "resumed": "Vous recevrez à nouveau nos messages. Répondez ARRET pour ne plus en recevoir."}'::jsonb
    when 'de' then '{"stop": ["stopp", "abmelden", "abbestellen"],
      "resume": ["anmelden", "fortsetzen"],
      "stopped": "Sie erhalten keine Nachrichten mehr von uns. Antworten Sie FORTSETZEN, um sie wieder zu erhalten.",
      "resumed": "Sie erhalten unsere Nachrichten wieder. Antworten Sie STOPP, um sie zu beenden."}'::jsonb
    when 'it' then '{"stop": ["disiscrivi", "disiscrivimi", "annulla iscrizione", "ferma"],
      "resume": ["riprendi", "iscrivimi"],
      "stopped": "Non riceverai più messaggi da noi. Rispondi RIPRENDI per riceverli di nuovo.",
      "resumed": "Riceverai di nuovo i nostri messaggi. Rispondi FERMA per non riceverli più."}'::jsonb
  end;
$$;

revoke execute on function app.consent_defaults from public;
grant execute on function app.consent_defaults to service_role;
