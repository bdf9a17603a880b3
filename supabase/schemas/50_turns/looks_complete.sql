-- Whether a customer's message looks like all that is to be said, or more is likely to follow at once. A guess by its form
-- alone, for any language: who asks or ends a sentence has finished; who trails off (a comma, a colon, a dash, dots), only
-- greets, writes one short word, or sends a picture without a word has not. Taps, voice notes, places and contacts are whole.
-- Three words or fifteen letters pass without an end: most people write none.
-- p_text: what a person would read, as messages.body has it. Called by: quiet_time.
create function app.looks_complete (
  p_type text,
  p_text text
)
  returns boolean
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  c_blank     constant text := '[\s\u00A0\u200B-\u200F\u2060\u3000\uFEFF]';
  -- What may stand behind the end of a sentence: blanks, closing quotes and brackets, emoji, :-).
  c_behind    constant text := '(?:' || c_blank || '|["''»”’)\]】」』）]|[:;=]-?[)(DPp3*]+|[\u20E3\u2600-\u27BF\u2B50\u2B55\uFE0F\U0001F000-\U0001FAFF])+$';
  -- Comma, colon, semicolon, dash, ampersand or opening bracket of any script; two dots and more.
  c_open      constant text := '(?:[,:;&(\u2010-\u2014\uFF0D\u055D\u060C\u061B\u104A\u1363-\u1366\u3001\uFE50\uFF0C\uFF1A\uFF1B-]|\.\.|\u3002\u3002|[\u2025\u2026\u22EF])$';
  -- ? of any script, the Greek one (;) beside Greek letters, the Armenian one within its word; what asks without a mark.
  c_question  constant text := '[?\u037E\u061F\u1367\u2047-\u2049\uFE56\uFF1F][?!\uFF01\uFF1F]*$|[\u0370-\u03FF].*;$|\u055E|(?:[吗嗎呢か까]|ไหม|มั้ย)$';
  -- Full stop or exclamation mark: Latin, Armenian, Urdu, Devanagari, Tibetan, Burmese, Ethiopic, Khmer, Chinese and Japanese.
  c_stop      constant text := '[.!\u0589\u06D4\u0964\u0965\u0F0D\u104B\u1362\u17D4\u17D5\u203C\u3002\uFE52\uFE57\uFF01\uFF0E\uFF61]+$';
  -- Scripts without spaces between words: Thai, Lao, Burmese, Khmer, kana, Han.
  c_no_spaces constant text := '[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u9FFF]';
  -- Greetings that are more than one short word, with a name behind them or not.
  c_greeting  constant text := '^(?:good (?:morning|afternoon|evening|day)|(?:hello|hi|hey) \S+|buen[oa]s? (?:d[ií]as?|tardes|noches)|'
    'bo[am] (?:dia|tarde|noite)|gute[nr]? (?:morgen|tag|abend)|(?:bonjour|bonsoir|ciao|hallo|hola|ol[aá]|oi) \S+|'
    'goede?n? ?(?:morgen|middag|avond)|dzień dobry|dobr[ýé] den|[Дд]обр(?:ый|ое|ого) \S+|iyi (?:günler|akşamlar)|selamat \S+|'
    'xin chào|(?:السلام|سلام) عليكم|(?:صباح|مساء) الخير|नमस्ते|안녕하(?:세요|십니까)|おはようございます|สวัสดี(?:ครับ|ค่ะ)?|(?:早上|下午|晚上)好)(?: \S+)?$';
  v_text      text := regexp_replace(p_text, c_behind, '');
  v_core      text := regexp_replace(v_text, c_stop, '');
  v_words     integer := cardinality(regexp_split_to_array(v_core, c_blank || '+'));
  v_is_dense  boolean := v_core ~ c_no_spaces;
begin
  if p_type not in ('text', 'image', 'video', 'document', 'sticker') then
    return true;
  elsif v_core = '' or (v_text ~ c_open and v_text !~ c_question) then
    return false;
  elsif p_type <> 'text' or v_text ~ c_question or v_core ~ '[0-9\u0660-\u0669\u06F0-\u06F9\u0966-\u096F]' then
    return true;
  elsif v_core ~* c_greeting or (v_is_dense and length(v_core) <= 5) or (not v_is_dense and v_words = 1 and length(v_core) <= 12) then
    return false;
  end if;
  return v_core <> regexp_replace(p_text, c_blank || '+$', '') or v_words >= 3 or v_is_dense or length(v_core) >= 15;
end;
$$;

revoke execute on function app.looks_complete from public;
grant execute on function app.looks_complete to service_role;
