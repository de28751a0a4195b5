import { pdf, type BookFile } from "./books.ts";

/** A small book about one subject, so that tests know what it says, and where, and what it does not say. */
export const lighthouse = {
  title: "The Lighthouse at Kessel",
  pages: [
    "The lighthouse at Kessel was built in 1841 by the engineer Marta Lindqvist. Its tower of grey granite is " +
      "thirty-two metres high.\nThe stone came by barge from the quarries of Orrefors and was lifted by oxen.",
    "The keeper burned whale oil until 1889, when the lamp was changed to paraffin. One barrel of whale oil lasted " +
      "nine nights.\nA second keeper was hired for the winters, because the lamp had to be trimmed every four hours.",
    "In the storm of 1907 the lantern room lost two of its windows. The keeper's daughter held the shutters closed " +
      "with her back until morning.\nA bronze plate beside the door has her name on it.",
  ],
  question: "What did the keeper burn in the lamp?",
  /** On page 2. */
  fact: "The keeper burned whale oil until 1889, when the lamp was changed to paraffin.",
  /** Nowhere in the book. */
  invention: "Three dolphins were trained to deliver the newspapers on Sundays.",
  unrelated: "Which enzymes take part in the photosynthesis of desert algae?",
};

export function lighthousePdf(): Promise<BookFile> {
  return pdf(`${lighthouse.title}.pdf`, lighthouse.pages);
}
