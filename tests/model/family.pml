/* One family, its user's gate and the log under them: rotate, replay, reuse, logout, logout/all, crash, restart.
 *
 * What is modelled: a change is a compare-exchange in memory and then, as a step of its own, a record (publish, then
 * enqueue); the log becomes durable record by record; an answer waits until what it rests on is durable, enqueues what
 * it saw where no one has yet, and looks at the family and the gate again before it hands out anything. A crash keeps
 * any prefix of the log that holds at least what was durable; requests under way die with it.
 *
 * What must hold (assertions): the names of docs/durability.md.
 *   told_generation  no successor that was told is forgotten: after any restart the family is at it, past it, or ended
 *   told_ended       an end that anyone was told of lasts, over every crash
 *   no success after an end that was told; the generation handed out is the family's
 *
 * tests/model/run checks it, and that each mutation (-DACK_EARLY, -DNO_OBSERVE, -DREAD_THEN_WRITE, -DNO_SECOND_LOOK,
 * -DENQUEUE_FIRST) breaks it. docs/architecture.md has the design.
 */
#define GENERATIONS 3     /* of the family; a token beyond is not presented */
#define RECORDS 7         /* room in the log; a run that needs more ends there */
#ifndef CRASHES
#define CRASHES 1
#endif

typedef record { bool of_user; byte generation; bool ended; bool closed }

/* Memory of the process. */
byte generation = 0; bool ended = false;   /* the word */
bool closed = false;                       /* the gate */
byte boot = 0;                             /* requests of an earlier boot are dead */

/* Disk. Record 0 stands for the state at the start. */
record log[RECORDS];
byte written = 0, durable = 0;

/* What clients were told. */
byte told_generation = 0; bool told_ended = false;

inline enqueue(is_user, g, e, c) {
    if
    :: written < RECORDS ->
        log[written].of_user = is_user; log[written].generation = g; log[written].ended = e; log[written].closed = c;
        written++
    :: else -> goto done     /* out of room: the run ends for this request */
    fi
}

/* The lowest record that says this much of the family or the gate; 0 where none needs to (as at the start). */
inline covered_family(g, e, yes) {
    yes = (g == 0 && !e); k = 0;
    do
    :: k < durable ->
        if
        :: !log[k].of_user && (log[k].generation > g || (log[k].generation == g && (log[k].ended || !e))) -> yes = true
        :: else -> skip
        fi; k++
    :: else -> break
    od; k = 0
}
inline covered_gate(yes) {
    yes = false; k = 0;
    do
    :: k < durable -> if :: log[k].of_user && log[k].closed -> yes = true :: else -> skip fi; k++
    :: else -> break
    od; k = 0
}

/* Waits until what was seen is durable, helping where no one enqueued it. */
inline settle_family(g, e) {
    atomic {
        if :: boot != mine -> goto done :: else -> skip fi;
        covered_family(g, e, ok); if :: !ok -> enqueue(false, g, e, false) :: else -> skip fi
    }
    do
    :: atomic { boot != mine -> goto done }
    :: atomic { boot == mine -> covered_family(g, e, ok); if :: ok -> break :: else -> skip fi }
#ifdef ACK_EARLY
    :: break
#endif
    od
}
inline settle_gate() {
    atomic {
        if :: boot != mine -> goto done :: else -> skip fi;
        covered_gate(ok); if :: !ok -> enqueue(true, 0, false, true) :: else -> skip fi
    }
    do
    :: atomic { boot != mine -> goto done }
    :: atomic { boot == mine -> covered_gate(ok); if :: ok -> break :: else -> skip fi }
#ifdef ACK_EARLY
    :: break
#endif
    od
}

/* A client that presents `token`: rotation where it is current, a replay of the same successor within the window
 * (whether it is open is any client's luck), reuse otherwise. */
proctype refresh(byte token) {
    byte mine, seen, k; bool seen_ended, seen_closed, ok, replay;
again:
    atomic { mine = boot; seen = generation; seen_ended = ended; seen_closed = closed };
    if
    :: boot != mine -> goto done
    :: seen_ended ->
#ifndef NO_OBSERVE
        settle_family(seen, true);
#endif
        atomic { if :: boot == mine -> told_ended = true :: else -> skip fi }; goto done
    :: !seen_ended && seen_closed ->
#ifndef NO_OBSERVE
        settle_gate();
#endif
        atomic { if :: boot == mine -> told_ended = true :: else -> skip fi }; goto done
    :: !seen_ended && !seen_closed && token == seen ->
        if :: seen == GENERATIONS -> goto done :: else -> skip fi;
#ifdef ENQUEUE_FIRST
        atomic { if :: boot == mine -> enqueue(false, seen + 1, false, false) :: else -> goto done fi };
#endif
        atomic {
            if
            :: boot != mine -> goto done
#ifndef READ_THEN_WRITE
            :: boot == mine && (generation != seen || ended) -> goto again
            :: boot == mine && generation == seen && !ended -> generation = seen + 1
#else
            :: boot == mine -> generation = seen + 1; ended = false
#endif
            fi
        };
        replay = false
    :: !seen_ended && !seen_closed && token < seen ->
        if
        :: token + 1 == seen -> replay = true      /* within the window */
        :: replay = false;                         /* reuse */
            atomic {
                if
                :: boot != mine -> goto done
                :: boot == mine && (generation != seen || ended) -> goto again
                :: boot == mine && generation == seen && !ended -> ended = true
                fi
            };
            settle_family(seen, true);
            atomic { if :: boot == mine -> told_ended = true :: else -> skip fi }; goto done
        fi
    :: !seen_ended && !seen_closed && token > seen -> goto done   /* ahead of the store: told_generation forbids it */
    fi;
    /* Rotated or replayed: the successor is token + 1. */
#ifdef NO_OBSERVE
    if :: replay -> skip :: else -> settle_family(token + 1, false) fi;
#else
    settle_family(token + 1, false);
#endif
    atomic {
        if
        :: boot != mine -> goto done
#ifndef NO_SECOND_LOOK
        :: boot == mine && (ended || closed) -> goto done   /* not alive any more: sign nothing */
        :: boot == mine && !ended && !closed ->
#else
        :: boot == mine ->
#endif
            assert(!told_ended);
            assert(generation > token);
            if :: token + 1 > told_generation -> told_generation = token + 1 :: else -> skip fi
        fi
    };
done:
    skip
}

/* Logout of the family. */
proctype logout() {
    byte mine, seen, k; bool ok;
again:
    atomic { mine = boot; seen = generation };
    atomic {
        if
        :: boot != mine -> goto done
        :: boot == mine && !ended && generation != seen -> goto again
        :: boot == mine && (ended || generation == seen) -> seen = generation; ended = true
        fi
    };
    settle_family(seen, true);
    atomic { if :: boot == mine -> told_ended = true :: else -> skip fi };
done:
    skip
}

/* Logout of all, a password change, disabling: the gate closes. */
proctype close_gate() {
    byte mine, k; bool ok;
    atomic { mine = boot; closed = true };
    settle_gate();
    atomic { if :: boot == mine -> told_ended = true :: else -> skip fi };
done:
    skip
}

active proctype writer() {
end:
    do
    :: atomic { durable < written -> durable++ }
    od
}

/* A crash keeps any prefix that holds what was durable. The merge is the store's: the higher generation, an end of the
 * same generation before life. */
active proctype machine() {
    byte crashes = 0, k;
end:
    do
    :: crashes < CRASHES ->
        atomic {
            crashes++; boot++;
            do :: written > durable -> written-- :: break od;
            durable = written;
            generation = 0; ended = false; closed = false; k = 0;
            do
            :: k < written ->
                if
                :: log[k].of_user -> closed = closed || log[k].closed
                :: else ->
                    if
                    :: log[k].generation > generation -> generation = log[k].generation; ended = log[k].ended
                    :: log[k].generation == generation -> ended = ended || log[k].ended
                    :: else -> skip
                    fi
                fi; k++
            :: else -> break
            od;
            assert(generation >= told_generation || ended || closed);
            assert(!told_ended || ended || closed)
        }
    od
}

init {
    atomic {
        run refresh(0); run refresh(0); run refresh(1);
        if :: run logout() :: run close_gate() fi
    }
}
