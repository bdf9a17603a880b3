// Built-in files that a customer can send: a voice message, a sticker and a document. No file on disk is needed.

/** Ogg with Opus, as a phone records it: 1.2 s, four falling notes. */
const VOICE = [
  "T2dnUwACAAAAAAAAAAABAAAAAAAAAByf9dkBE09wdXNIZWFkAQE4AYC7AAAAAABPZ2dTAAAAAAAAAAAAAAEAAAABAAAAtQZ5LwEUT3B1c1RhZ3",
  "MEAAAAbm9uZQAAAABPZ2dTAAQA4QAAAAAAAAEAAAACAAAAsZ0hOTw1Ji0xKiotLikrLCkkHxghHR0dIR4cGxwdJB0lIxsaICEVFBMfGxkpIiQl",
  "JCAkIyEjICYiHx4dHhEYJRhIgz+KVlmaiAACFcURxQrwLMGyf0CQ2lgkKavRYngsER+hqVvlBn0NyHtEB/epNgfHAUAiSEit5AmBhU3oxIGVIQ",
  "z4KLWMOWsh6+OnbsDmK39DCsiDqNz2y4FwSKEjvUiWq5CN5gwnCCeE2GsfcbbQ71hWRWRJZQWzxYEpimrJ3AN5IZiLVKdASJ/5uXhciCuCuYUu",
  "TaeZNMTgYOjgmDxoos31nGH4DRYTp8J/wdSF4BvYdifi6zLeaEif+bl4XIfqL9GMJHOv9GjGb9Lk66WrWb7Jop8REqZjpM4jkHnPsdrzwEiekv",
  "1IlquQjeYXPEReeNh4DNFaYRdLLAhxVu9f0ficrC/99GAwARw3gEidaPe8F8AlCFuzbnznRWTIAukAAJF++Dvgx4YvV8agLPjQ7/X7BWCgTvcb",
  "gEidSp1IlquAlJSTW1KxZEAgm3o6w80hxCDkEM8/AmWfLyzzH4XPhWzZfHXeYIBInJOSVs4f1a5f+05at6hnRY5VwV53V18zbh0FBCntze90tw",
  "p7eBaxDkick5JWzh+zjuFXzelR5hgoxF2KEEGk/IAo7qesuK5X9gxHWDts5pVHPbJInBA0MPKMxPOjsMO8j4fomDIwVlIreldGcBxeBJRl2Omi",
  "mRbbGgy2EjLSwEiboxJWziIZabSfh9n6iDwKvmkmkLhW8oOKj0NCtk1ttAzZ7AWXIzxUSJuX9DDyjMVHrwF42gktj4irR75HV7A1aGluVtJb/E",
  "JXGJtkSJsq0lbOH9QiaA1amgA2UOmCCaoCqMO0f/FCTnWYQEibKtJWzh+xiL1xQjbvZxHlJw+yLqJ7JEgzKc9k4gOvANkH4yLEIo2cgL9l6KVE",
  "etFMZ9gqu4J+iEgzKc9k4fKXpXYL6PzhXUOhQssrJRlewOyestacSDFBD2TiAwqkSrHXbse32caoAevWr1o9vJO4LNpIMKn2eyCn+Vgtz3Q/Ww",
  "3US5k7fcshXohtrQeab0gvBc004JKiEVbwkMXLTXyeyLMSA96lSL9pXxT1OyQCwEgtb49k4dK4HIvIm+xunN7m30JT1ujz5/tZd+6HrUgrhs9k",
  "4e/i2g5TYirWbAEdPR3eukcRB9OiICBIKzRNNOCm6tnQgepDuh/zON8y/YkwhVO3b7hIKZ4PZOH/uBO3wJrxt3b54kpqF6g8ivIczQdASCe1T2",
  "ThMCeXB17kOR5EUT9ZloRrxcZx9p9TJCBIraiQCI0uSAJ+Bq3VHCwidnLkSHN3pH14Yh+uDwThoBn469RIpOVDJaH61hAzg4ygcpKKEyg3cnKX",
  "o8ykHDvYskijtKYKgBvVe+wGnSriDdpNTBcwN6a9VIp47s2Ob/KvX714QxBIoosnA9gr9tI59MRCGiDgLwQ7RCQ1dafRBhZ7M0uERGMd9kiiJm",
  "4E0BvW3S+T1u7x9U20/MPCExVsvHikIEihQscEBSJgXOHbbjIeMFuOae71JLNAhVCuSJ/6ZwPYK2DE1JB0fpXzN8B/XSzuJTkPFWyAkZyLPKBI",
  "nrIHA9gr9s5nMsnsMVN26qL2TydxhyrAPeAMdUq4PDtInnZ4cn2pIN7g1KpsEK8iQcYQXKBInQQJKwMfk10x2roe0ZtWEYCYgEicbu+HziusMy",
  "fp0psG3v6dCsBInBuR5FlbHCL9vNfIeJDKpwVdY+xJRAleulDtwRHQSJujUeRZWxwjBG0kbBXYBynR41mpUNNZ9yPYSJuPT5Qmzo0Bp1ZWh3Gc",
  "2NJtZVOLEDoXRkg2fGHd3Wpy0jDT+EvQseD7LislTVoOg8pQ0Mj/aMMERY0l6gLKFgI2SDZZMd7aql+pzeE3+9KJRei/0wRwumVB8wedgn6x12",
  "oLcEg042rtKITH5QyMlmDPP29PdAe9C6lBHFHWDcM/LtQPvcmYvkgzKc9oNP1qGECJu6rX64/lwhYRYjyR+37VFKD31gQ53bheq1hIMpK2e+iE",
  "sSSfsKGrDfCgv0OcvzXAO3rTG1EsSBaSGVrP6PBIMUEPaDS6PW471PxpQfoVdzg9P2xLINu08wais1f2YEgvWE9oNLtKd7nCNPgAr4k6wbxAFO",
  "xr5x7HLn+5ZWZtA0VpUEguwTZ76HoX3g0Yg7AZ8Bh36K5REcQtHP770O2HMbNQLgtXSC1Aau0oelMskdFCo9svl30+p4k8fxBVmDB8dahAS6G+",
  "SCuGz2g00bO5Q27YUB9bO06r4Av+1exEkgd4mmFaieNztSBIK1eq7SiJjQF1TApOKCow7wTsIgVfNcr1lqXja3I4QEixDhAoR8pUqKCRWsFpOT",
  "Val6drvfn3Fxwzh8mNAprhYVTsS94USKUcB+cszvPrUuqzv6HMax08n9pVyklj0TCm7Gy4TxwokEikty603Cw/36zOTtZ+k6yOCax2hKV9Jmo5",
  "QVK/AoBIo9Oy3RFVOhMNAG4WUVlkyTTvIwfLOfmXTpguEzxIomxNw849lwC3cSjW565fiBQo0AJMw5TMDQiBcEihQufnLM7z61LjbwY2h1gJQF",
  "ujoGuR+yAjMvyyQEihCjY2swtzYmKAwRTgZ5xASJ+VrrGa85f7t8NsNX6gsiKGxOSlKJR4SJ57bXH2wDLaiQA6MMNz3fBumNZdCMqz4f8qJ/J/",
  "mIsNDVBfgEidacfmQPbDULFlypglHfO/Yd5MTTKTgA==",
].join("");
/** A smiling face, 160 x 160. */
const STICKER = [
  "UklGRpwLAABXRUJQVlA4WAoAAAAwAAAAnwAAnwAASUNDUMgBAAAAAAHIAAAAAAQwAABtbnRyUkdCIFhZWiAH4AABAAEAAAAAAABhY3NwAAAAAA",
  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQAA9tYAAQAAAADTLQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
  "AAAAAAlkZXNjAAAA8AAAACRyWFlaAAABFAAAABRnWFlaAAABKAAAABRiWFlaAAABPAAAABR3dHB0AAABUAAAABRyVFJDAAABZAAAAChnVFJDAA",
  "ABZAAAAChiVFJDAAABZAAAAChjcHJ0AAABjAAAADxtbHVjAAAAAAAAAAEAAAAMZW5VUwAAAAgAAAAcAHMAUgBHAEJYWVogAAAAAAAAb6IAADj1",
  "AAADkFhZWiAAAAAAAABimQAAt4UAABjaWFlaIAAAAAAAACSgAAAPhAAAts9YWVogAAAAAAAA9tYAAQAAAADTLXBhcmEAAAAAAAQAAAACZmYAAP",
  "KnAAANWQAAE9AAAApbAAAAAAAAAABtbHVjAAAAAAAAAAEAAAAMZW5VUwAAACAAAAAcAEcAbwBvAGcAbABlACAASQBuAGMALgAgADIAMAAxADZB",
  "TFBI1AQAAA2gR23b+Th6BqeTpLbdjmt72LV3x1rUbseobU+2HHNRu01qW2mmtjsMqvy35/f7ft/7rc+JiAnA/4LWcHFu69xIo1GrNVVRZjKbTa",
  "aHxiLj1VIRUPX37e2JP15Vo1ZrNI2c2zq7Wa8d2XPQQphDF1/fLpC1rktvv26n9+45844iu77BX4FJVR9fv6a/5R62EdM5OAAs1/0uuFl+zjk6",
  "nEOCwH7ToBB1bq6RhGojPoJCXYJ9tmpLuFd3QigUXH9ccPaSJ1xzih4EhVcfPmjN3Lf86q8FBzVJn47VcarJwvrgo/vyZ9H3OOQUHQF+BkzNWG",
  "DlTZN8cFWT5BV4ny9fTANvu6xP2cgR1cJG4G/N9fejLbxoVQA+j/g+4CYfumnBa4+MoSd58Ek0+F3j9/lblRcYDJ5Xzs7NV9pPvuC7Y+beNcpK",
  "bg7e260yLFDSkCYgcP7Nlcr55BOQuGzXZqUMGAUa7fNSdcroOglUqvITLyuhZSrorPrr0JvsqQtBaSNtoJm5VNDq8dM41oKciMGQJxvYah4Pct",
  "dPvsOSYy7orbEq9A1DyaC4u/8Mdpy/JgnxWfeZWQqanRaMZOVLUP2F3QY2Ks0nC0ujXzORCLqbhs9kocZgwhC7qpiBsaBcHamVTzWYNIxcY5Et",
  "CrQ39k+Ty2E0cRi7WK7vQL2L2waZxpKH+NnytKhHX/cXN2SJAv123xbKEiQACMqToyNEsIPdORmihABRadI5BohBUJ50nhDD+g3PSfahIMBLL2",
  "qVOotC38M2iXpDFGs3OS+RlzDASy9oDcTB1SCNfStxaHPzvSTNII4Oje9K4ioQcDX81dPitiQNRKLBY0lUIlGjWJIaf/moREJlEbIaIlGjWBLx",
  "La4hEMXSWFQCYRGz4hoCUSxmFpXoPG4gEI+lMbgKxG3hMYjZ3cYOwlD+Upr3N9sIww1IbHAVhttSnesoDHqp9F6ic7STShCKb0tlPddDEPZDcr",
  "2XIOgFzq2+EDx9KB3ygoQgFzKmRQlBmhzn1C4CcN4mB/KCBCAPsmaG2ZFnK5Dnxovu5B2AzLPjyVss1wZ3Z+KKLsuFWQnEzYTsmb6NSCs6Jt+7",
  "hTGkLQSD2sCahD3ayYJl6kzCpoLJVX3dyTIcYOP9uCVkjQCje14EEpUPZmOmO5FkTWLnXnY8SbPB8Az/7gSd3MnSm9A0DTnFg8D0nbkryBkGxt",
  "PsIolJB/PDRnqQcmUZe+bINA0hpggo8MrkHEcy3gZBkVvz0u2JeB8OheYdWEnEECj259uzSIiGgmfbxRGQAEXHv1hlx7l3g6DwNXvTnLhm/QaK",
  "z1+fV4NjJd+Bg/qUX+tx634AuHgpasEATh2KASfvRfnF23HINnc7uPku5VxWLe68CgJXd8Sv6s6ZQ8PB2XshH8fbccQ2dzu4+3py1spPuVEQAy",
  "7fH2Zb0poLNwaB21tjP0/RKM40YwM4bl20atDw6ooqTU0F558syQ4eV18xT5ZkgsASbepHMa0UcWv+FhBpSZtXJyyoLmPP8rOfgNITWb+0D/uq",
  "MjMVG7LPgdy3e7O2d/Tx7uYo2+vjOt1FEG05vE93tZd3L5e6kj0zHNKdBPHlB3VHr1ndnNs6N9Jo1GpNVZSZzGaT6aGxyHgVwlh61VhkfGgymc",
  "2mMvznPlZQOCDSBAAAkBwAnQEqoACgAD61UKNLpz+jIar0SyPwFolmCHAP4AMvWAX+F/Utf79jvvMh56mM1ttPMP5vnpc3g/9gPYA/WbrRciI8",
  "cdhNEx7ATSyqB7fXrJ20RNcSj45nQAhYU0BKOwDbXnBxgrkD4hpGWJUjUmXltd5mATNzRfwvaCp/fFa7KRMHdk+WxrNYOCJ+6hxWsCd/spmSaa",
  "21U219qUFbdpTjLh+CNBJxMqPeLI8RejZXfpLX32vl1pVZdwiF5j77Ga3A9MoLX7P79QQ/0EsC1PDHAhxd/xajeQHiGb9aNKGJqVC1tFqHCwRJ",
  "/siAAPw/kPv+FkhRZ6crtCtFr69Suin24bbgpiAy7yxFci7OaDizNwBuQUIvNo2A16wJMwokP+uezngSxt0Dc/uKuiLf2Enx9Yp66snu7ck/4Z",
  "2B6ZmAoslcoBlGkAIXriwAn5mSuDf/rtbhQ7BtFBC1TXNMygB+NZ7Teh7d4NzlWXpf7nlkVm8EF5T4VS14594GsNzgAKBaLk2SJs0YQgfAs46C",
  "NOCHPV//+mRgl79bgG/mlzAlPePVKYFKgp/zOHsUlgc7Wq0oCep2f4cRs3V9pR3Ux/FWyfpe8br2M5nOG0Gtgy33gOJzkji/VmjFcB0FJYHO1q",
  "tRKPIGPRtgmLDqpsKbApjrIsbZ82kF5Nzz9/xfIa0ZkXoi59jEkvD7ARX6dBf6JDwqSKwPZ8iRebzvPpsA/gVEvDFuJrtAieYan2j+AXHnhZFU",
  "RhWweLVyvmlvmrXXJnVy8qkUsm3dWWBra9j3/fVu6sILk4nxBFq37HSr2k2Srk0MXgWmIggLr7ySnxJyd9h+9nlUBld7mLUYwF8ClNm5I1PnxG",
  "AHVJXsGKpsW9U7tTiAVdDxrl5P3c6aLqrNBkvgQDQLBs/016BlCkvzBbqnPwf+m8SsP1u0UZo7W+C2VQ/OR4YdYtxZ+avffw+yIZxXgxPnzanx",
  "+W9OFDjFyDBC4eUCR1If8EbwcE4zgBO4aOwEM1GBahWwEJ2npkicsMMr+VmuXOpf3m3pf9tp3ciAFGPEmMsXbNhtsJ5jI2MJ5Q4VteM6HS8m5k",
  "m0J2rQWt0dN3eOHG8Muf8lcEZ7UikbCenBJPy8kXKps3ImUmhE0370TLJ+BaVH4HFs/W/ED6vPohlEdPQUgfjKKcOj1T5VSpvcimERkbHgoWUj",
  "2Iq9zXoZnPfKdTLODwZmuljYRsl5TrPclX6VjHaJjsCCCaFYHUsKukD6CbRUAbflAcnERGvuZO2re6vONmtmd2D1aLZU3aLokJg/6U4wnKVcc0",
  "XNz3FpidHCUVE7q05y8O0h9HgNlx9jZQ44yyPUO60KHZnx82ucKFaWOFxuFYET7p8GUCZd1rMMweUzKS5qEZdX8LqtctIPwbpuW07Xpx7oVz9Q",
  "KV3sLAvfCecSHCne5AFVTMgDhNnHWO6CuDuGawd9Lbpe9HYBhbKFurS3kSYcQNUgZ63JcL3t7ErG5m/oO/iGVqswkUwxWvKPRScRnXY56bABwU",
  "QKC3oLz5Tm9SL8oX5ndggXQL+5An/cfnJfO8HRNvQ8FWQkD3zPgMwYS8EOIQCpcN55hi+MGwtBYZPrBQQlYQoTBqDazauC99+/78uCtC15HWkk",
  "5ZwkqG+ZSoAAAA==",
].join("");

/** The voice message, `audio/ogg; codecs=opus`. */
export function sampleVoice(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(VOICE, "base64"));
}

/** The sticker, `image/webp`. */
export function sampleSticker(): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(STICKER, "base64"));
}

/** The document, `application/pdf`: one page with one line. */
export function sampleDocument(): Uint8Array<ArrayBuffer> {
  const text = "BT /F1 24 Tf 72 720 Td (Luna Bistro: the menu of the week) Tj ET";
  const objects = [
    "<< /Type /Catalog /Pages 2 0 R >>",
    "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
    "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
    `<< /Length ${text.length} >>\nstream\n${text}\nendstream`,
    "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
  ];
  let pdf = "%PDF-1.4\n";
  const places = objects.map((object, index) => {
    const place = pdf.length;
    pdf += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const start = pdf.length;
  const rows = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  pdf += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}`;
  pdf += `trailer << /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return new Uint8Array(Buffer.from(pdf, "latin1"));
}
