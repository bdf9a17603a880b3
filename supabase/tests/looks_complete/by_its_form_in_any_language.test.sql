-- Questions and sentences are whole; greetings, single words and what trails off are not.
begin;
select no_plan();

select is_empty(
  $$ select v.said, v.whole from (values
('Are you open today?',true),('are you open today',true),('What time do you close',true),('Open?',true),('Do you have a table for 4',true),('2',true),('19:30',true),
('Hi',false),('Hi!',false),('Hello',false),('hey',false),('Hello there',false),('Hi Ana!',false),('Good morning',false),('Good morning!',false),('Good evening Ana',false),('ok',false),('Thanks',false),('Thanks 🙏',false),('👍',false),('',false),('  ',false),
('I would like to order,',false),('Two things:',false),('so the thing is...',false),('well…',false),('wait -',false),('I wanted —',false),('Really?!',true),('No way!!',true),('Yes please.',true),('See you tomorrow 😊',true),('Thank you so much :)',true),('He said "come over."',true),('(see above)',true),
('¿Tienen mesa para hoy?',true),('Hola',false),('Buenos días',false),('Buenas tardes!',false),('Quiero reservar una mesa,',false),('Bom dia',false),('Vocês abrem domingo',true),('Guten Tag',false),('Haben Sie morgen geöffnet?',true),('Bonjour',false),('Avez-vous une table ?',true),
('Здравствуйте',false),('Добрый день',false),('Вы открыты завтра?',true),('Мы хотели бы,',false),
('Είστε ανοιχτά αύριο;',true),('Γεια',false),('I came; I saw;',false),
('مرحبا',false),('السلام عليكم',false),('هل أنتم مفتوحون غدا؟',true),('أريد حجز طاولة،',false),('کیا آپ کھلے ہیں؟',true),('شکریہ بہت بہت۔',true),
('नमस्ते',false),('क्या आप आज खुले हैं?',true),('मुझे एक टेबल चाहिए।',true),
('你好',false),('你好！',false),('今天开门吗',true),('今天开门吗？',true),('我想订位，',false),('我想订一张桌子。',true),('请问',false),('晚上好',false),
('こんにちは',false),('営業していますか',true),('予約したいのですが、',false),('予約をお願いします。',true),('ありがとうございます',true),
('안녕하세요',false),('오늘 영업하나요?',true),('내일 예약 가능할까',true),
('สวัสดีครับ',false),('วันนี้เปิดไหม',true),('ร้านเปิดกี่โมงครับ',true),
('Selamat pagi',false),('İyi günler',false),('Ունե՞ք ազատ սեղան',true),('https://example.com/menu?x=1',true),('12.5',true),('vegan dishes',false),('the blue one',true)
     ) as v (said, whole) where app.looks_complete('text', v.said) is distinct from v.whole $$, 'each as people mean it');

select * from finish();
rollback;
