// Picks a day in the person's own calendar, Gregorian or Jalali.
import { CalendarDate, parseDate } from "@internationalized/date";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useState } from "react";
import { Button as Press, Calendar, CalendarCell, CalendarGrid, CalendarGridBody, CalendarGridHeader, CalendarHeaderCell, Dialog, DialogTrigger, Heading, I18nProvider, Popover } from "react-aria-components";
import { locale } from "../words/format";
import { type CalendarDay, dayText } from "../words/zones";

export function DayPicker({ day, last, onPick, label, text }: { day: CalendarDay; last: CalendarDay; onPick: (day: CalendarDay) => void; label: string; text: string }) {
  const [open, setOpen] = useState(false);
  const picked = (date: { toString: () => string }) => {
    const { year, month, day: dayOfMonth } = parseDate(date.toString());
    setOpen(false);
    onPick({ year, month, day: dayOfMonth });
  };
  return (
    <DialogTrigger isOpen={open} onOpenChange={setOpen}>
      <Press className="button quiet day-button" aria-label={`${label}: ${text}`}>{text}</Press>
      <Popover className="popover" placement="top">
        <Dialog aria-label={label}>
          <I18nProvider locale={locale()}>
            <Calendar className="calendar" aria-label={label} value={parseDate(dayText(day))} maxValue={new CalendarDate(last.year, last.month, last.day)} onChange={picked}>
              <header>
                <Press slot="previous" className="icon-button"><ChevronLeft size={16} className="flip" /></Press>
                <Heading />
                <Press slot="next" className="icon-button"><ChevronRight size={16} className="flip" /></Press>
              </header>
              <CalendarGrid>
                <CalendarGridHeader>{(name) => <CalendarHeaderCell>{name}</CalendarHeaderCell>}</CalendarGridHeader>
                <CalendarGridBody>{(date) => <CalendarCell className="calendar-cell" date={date} />}</CalendarGridBody>
              </CalendarGrid>
            </Calendar>
          </I18nProvider>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}
