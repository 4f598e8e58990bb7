/* Time served, over outages in a row and a clock that is set anew: one family, its rotations, and the log's times.
 *
 * What is modelled: service time starts at the later of the wall clock and the log's floor and ticks while serving. A
 * start is an outage {stop, ready}: from the time of the last frame to readiness. Its record goes with the next frame,
 * of itself where a window may be open. An age is now - rotated less what of it was an outage. One frame is in flight
 * at any time (R9), so the disk is the fold of its frames, and a crash keeps the frame in flight or not. A frame without
 * records (SEAL, where the segment is full) tells no time after an outage that no record has told of. While a window is
 * open the writer repeats COMMIT every Q ticks, once more after it has closed. A clock that is set back first shuts the
 * windows it could open again (the word says so until the next rotation) and ends what was created later; then its
 * record assigns the floor and shortens the outages. Ticks are whole: what whole seconds cut off isn't here. A frame is
 * durable before the next tick. The list of outages has room for all.
 *
 * Leaps of the clock that are followed while serving count as served in the program (docs/durability.md), so they are
 * not in the model: with -DLEAP_IS_SERVED it shows whom that accuses, with -DLEAP_IS_OUTAGE that an outage would not.
 *
 * What must hold, with ages in true time served, which only the model knows:
 *   no thief is replayed: a predecessor that is presented more than WR after the rotation is reuse. Each crash that came
 *     while the window was open may hide Q of it, or as much as the process lived where that is less
 *   no honest client is accused: a predecessor that is presented within WR isn't reuse, whatever outages lie between
 *   a clock that was wrong is over: the next start's floor is of the time since it was set, and both above hold for the
 *     rotations of the wrong time as well, also when that time comes
 *   an end that was told lasts, also of a family that only a wrong clock made look expired
 *
 * Each mutation breaks it (tests/model/run):
 *   LAST_RECORD_TIME   no COMMIT is repeated: serving stopped when the last record was written
 *   LAST_OUTAGE_ONLY   ages know of one outage
 *   MAX_OVER_RESET     the floor is the highest time, whatever the clock was set to since
 *   ALIVE_BEFORE_END   a logout of a family that looks expired writes nothing
 *   FUTURE_IS_OUTSIDE  a clock that is set back shuts no window: a rotation is outside of every one as long as it lies
 *                      in the future
 *   FUTURE_ONLY        it shuts those of rotations that lie in the future, not those that it opens again
 *   RECORD_FIRST       its record is durable before the shutting is
 *   SEAL_TELLS_TIME    a SEAL before the record of an outage tells the time after it
 * docs/architecture.md, "Time", has the design.
 */
#define WR 2              /* the lost-response window, in ticks of time served */
#define Q 1               /* COMMIT is repeated this often while a window is open */
#define TTL 4             /* of a family that expires, from its last rotation */
#define FAR 6             /* how far a clock is wrong, or how long a long outage: beyond TTL */
#ifndef TICKS
#define TICKS 6           /* of time served in all */
#endif
#ifndef OUTAGES
#define OUTAGES 3         /* starts after the first */
#endif
#ifndef ROTATIONS
#define ROTATIONS 1
#endif
#define LONG_AGO 9        /* true ages are counted up to here */

typedef outage { byte stop, ready }

/* The process's memory. */
bool up = true;
byte now = 1;                                /* service time */
byte generation = 0, rotated = 1;            /* the word */
bool ended = false, shut = false;
outage list[OUTAGES];
byte outages = 0;
bool untold = false;                         /* the list is ahead of the disk's */
bool held = false;                           /* no window is open: that waits for another record */
bool wrote = true;                           /* a frame since the start */
byte alive_for = 0;                          /* ticks since the start, up to Q */

/* The frame in flight: what the disk will be with it. */
bool writing = false;
byte f_time, f_generation, f_rotated, f_outages; bool f_ended, f_shut;

/* The disk: the fold of its frames. d_time is the floor. */
byte d_time = 1, d_generation = 0, d_rotated = 1;
bool d_ended = false, d_shut = false;
outage d_list[OUTAGES];
byte d_outages = 0;

/* What only the model knows. */
bool expires;                                /* the family does, by TTL */
bool asked_end = false, told_ended = false;
byte age[ROTATIONS + 1];                     /* true time served since the rotation to this generation */
byte slack[ROTATIONS + 1];                   /* what crashes may hide of it */
byte ticks = 0, used = 0;
byte latest = 1;                             /* of the frames since the clock was set */

byte i, t; short a;                          /* of single steps; 0 between them */

/* a = the age of the last rotation at `at`, as the program computes it. */
inline served_age(at) {
    a = at - rotated;
#ifdef LAST_OUTAGE_ONLY
    i = (outages > 0 -> outages - 1 : 0);
#else
    i = 0;
#endif
    do
    :: i < outages ->
        if
        :: list[i].ready > rotated -> a = a - (list[i].ready - (list[i].stop > rotated -> list[i].stop : rotated))
        :: else -> skip
        fi; i++
    :: else -> break
    od;
    i = 0;
    if :: a < 0 -> a = 0 :: else -> skip fi
}

#define EXPIRED (expires && now > rotated + TTL)
#define DIRTY (generation != d_generation || ended != d_ended || (untold && !held))

/* After every step: what a predecessor that is presented now would be told. */
inline check() {
    if
    :: up && generation > 0 && !ended && !EXPIRED && rotated <= now ->
        served_age(now);
        if
        :: a <= WR && !shut -> assert(age[generation] <= WR + slack[generation])   /* replayed: no thief */
        :: a > WR && !shut -> assert(age[generation] > WR)                         /* reuse: no honest client */
        :: shut -> skip                      /* reuse, thief or not: the clock was wrong */
        fi;
        a = 0
    :: else -> skip                          /* expired, ended; a rotation of the future is outside of every window */
    fi;
    assert(!up || !told_ended || ended || EXPIRED)                        /* alive again after an end */
}

/* A COMMIT is due: Q after the last frame, if a window was open then. */
inline commit_due(yes) {
    yes = false;
#ifndef LAST_RECORD_TIME
    if
    :: generation > 0 && !ended && !shut && now >= d_time + Q -> served_age(d_time); yes = (a <= WR); a = 0
    :: else -> skip
    fi
#endif
}

inline begin_frame() {
    writing = true; wrote = true; untold = false; held = false;
    f_time = now; f_generation = generation; f_rotated = rotated; f_ended = ended; f_shut = shut; f_outages = outages
}
/* A SEAL: what is in the queue comes after it. */
inline begin_seal() {
    writing = true; wrote = true;
#ifdef SEAL_TELLS_TIME
    f_time = now;
#else
    f_time = (untold -> d_time : now);
#endif
    f_generation = d_generation; f_rotated = d_rotated; f_ended = d_ended; f_shut = d_shut; f_outages = d_outages
}
inline no_frame() { writing = false; f_time = 0; f_generation = 0; f_rotated = 0; f_ended = false; f_shut = false; f_outages = 0 }

/* The frame is durable. */
inline land() {
    d_generation = f_generation; d_rotated = f_rotated; d_ended = f_ended; d_shut = f_shut;
    do
    :: d_outages < f_outages ->
        d_list[d_outages].stop = list[d_outages].stop; d_list[d_outages].ready = list[d_outages].ready; d_outages++
    :: else -> break
    od;
    if :: f_time > d_time -> d_time = f_time :: else -> skip fi;
    if :: f_time > latest -> latest = f_time :: else -> skip fi;
    if :: asked_end && d_ended -> told_ended = true; asked_end = false :: else -> skip fi;
    no_frame()
}

/* A crash hides at most Q, and that while the window was open or had been within Q. */
inline crash_slack() {
    i = 1;
    do
    :: i <= ROTATIONS ->
        if
        :: age[i] <= WR + slack[i] + Q -> slack[i] = slack[i] + (age[i] < alive_for -> age[i] : alive_for)
        :: else -> skip
        fi;
        i++
    :: else -> break
    od; i = 0
}

inline forget() {
    i = 0; do :: i < OUTAGES -> list[i].stop = 0; list[i].ready = 0; i++ :: else -> break od;
    i = d_generation + 1; do :: i <= ROTATIONS -> age[i] = 0; slack[i] = 0; i++ :: else -> break od; i = 0;
    no_frame();
    up = false; now = 0; generation = 0; rotated = 0; ended = false; shut = false; outages = 0;
    untold = false; held = false; wrote = false; alive_for = 0; asked_end = false
}

inline recover() {
    assert(d_time <= latest);                /* or --reset-clock would be needed again */
    up = true; generation = d_generation; rotated = d_rotated; ended = d_ended; shut = d_shut;
    do
    :: outages < d_outages ->
        list[outages].stop = d_list[outages].stop; list[outages].ready = d_list[outages].ready; outages++
    :: else -> break
    od
}

inline not_served(from, to) {
    list[outages].stop = from; list[outages].ready = to; outages++; used++;
    untold = true; now = to;
    served_age(now); held = (generation == 0 || ended || shut || a > WR); a = 0
}

/* On the disk: the record of a clock that was set back to `to`. The outages become shorter, the newest first, until they
 * make up for it; the service between them keeps its length. */
inline set_clock(to) {
    t = d_time - to;
    do
    :: d_outages > 0 && t > 0 ->
        i = d_list[d_outages - 1].ready - d_list[d_outages - 1].stop;
        if
        :: i > t -> d_list[d_outages - 1].ready = d_list[d_outages - 1].ready - t; t = 0
        :: else -> t = t - i; d_outages--; d_list[d_outages].stop = 0; d_list[d_outages].ready = 0
        fi
    :: else -> break
    od; i = 0; t = 0;
#ifdef MAX_OVER_RESET
    latest = to
#else
    d_time = to; latest = to
#endif
}

/* Whether a clock that is set back to `to` could open the window of the last rotation; whether it lies before all of the
 * family. */
#ifdef FUTURE_IS_OUTSIDE
#define REOPENED_BY(to) (false)
#elif defined(FUTURE_ONLY)
#define REOPENED_BY(to) (d_generation > 0 && d_rotated > to)
#else
#define REOPENED_BY(to) (d_generation > 0 && d_rotated + WR >= to)
#endif
#define CREATED_AFTER(to) (d_generation == 0 && d_rotated > to)
inline undo_wrong_time(to) {
    if :: REOPENED_BY(to) -> d_shut = true :: else -> skip fi;
    if :: CREATED_AFTER(to) -> d_ended = true :: else -> skip fi
}

active proctype machine() {
    bool due = false; byte to = 0;
    if :: expires = true :: expires = false fi;
end:
    do
    /* A tick. The writer keeps up with it. */
    :: atomic { up && !writing && ticks < TICKS && !DIRTY && !d_ended ->
        commit_due(due);
        if
        :: due -> begin_frame(); due = false
        :: else ->
            ticks++; now++;
            if :: alive_for < Q -> alive_for++ :: else -> skip fi;
            i = 1;
            do
            :: i <= generation -> if :: age[i] < LONG_AGO -> age[i]++ :: else -> skip fi; i++
            :: else -> break
            od; i = 0
        fi;
        check() }
    /* The client refreshes. */
    :: atomic { up && !ended && !EXPIRED && generation < ROTATIONS ->
        generation++; rotated = now; shut = false; age[generation] = 0; slack[generation] = 0; check() }
    /* It logs out, whatever the clock makes of it. */
    :: atomic { up && !asked_end && !told_ended ->
#ifdef ALIVE_BEFORE_END
        if :: EXPIRED -> told_ended = true :: else -> ended = true; asked_end = true fi
#else
        ended = true; asked_end = true
#endif
      }
    /* The writer: what is in the queue, or what somebody else did. */
    :: atomic { up && !writing && !d_ended -> begin_frame() }
    :: atomic { up && !writing && !d_ended && DIRTY -> begin_seal() }
    :: atomic { up && writing -> land(); check() }
#if defined(LEAP_IS_SERVED) || defined(LEAP_IS_OUTAGE)
    :: atomic { up && !untold && used < OUTAGES && outages < OUTAGES && !d_ended ->
#ifdef LEAP_IS_SERVED
        now = now + FAR; used++;
#else
        not_served(now, now + FAR);
#endif
        check() }
#endif
    /* A crash: the frame in flight is there or not. */
    :: atomic { up && used < OUTAGES -> if :: writing -> land() :: skip fi; crash_slack(); forget() }
    /* A clean stop. One without anything to say leaves the disk alone. */
    :: atomic { up && !writing && used < OUTAGES -> if :: DIRTY || wrote -> begin_frame(); land() :: else -> skip fi; forget() }
    /* A start: the wall clock is where it was, or far on, be it wrong or not. */
    :: atomic { !up ->
        if :: to = d_time :: to = d_time + FAR fi;
        recover(); not_served(d_time, to); to = 0; check() }
    /* A start with --reset-clock, from a wall clock that is behind. A crash may come between its two frames. */
    :: atomic { !up && d_time > 2 ->
        if :: d_time > FAR -> to = d_time - FAR :: to = d_time - 2 fi;
        if
#ifdef RECORD_FIRST
        :: used + 1 < OUTAGES -> set_clock(to); used++; to = 0
        :: set_clock(to); undo_wrong_time(to)
#else
        :: used + 1 < OUTAGES -> undo_wrong_time(to); used++; to = 0
        :: undo_wrong_time(to); set_clock(to)
#endif
        fi;
        if :: to > 0 -> recover(); now = to; used++; to = 0; wrote = true; check() :: else -> skip fi }
    od
}
