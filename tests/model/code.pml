/* One authorization code, the family that its exchange makes, its user's gate and the log under them: exchanges at once,
 * the end of all sessions, the sweep, crash, restart.
 *
 * What is modelled: using the code is inserting the family that it carries, one step in memory, and then, as a step of
 * its own, a record; an answer waits until what it rests on is durable and looks again before it hands out anything
 * (docs/decisions/0036). Who finds the family ends it. The sweep forgets a dead family, on disk as well. A crash keeps
 * any prefix of the log that holds at least what was durable; requests under way die with it.
 *
 * What must hold (assertions):
 *   told        tokens are told to one exchange at most, and to none once any was told that the code came back
 *   known       while the code is good, a use that was told is known after any restart
 *   told_dead   an end that any was told of lasts, over every crash
 *
 * tests/model/run checks it, and that each mutation (-DLOOK_THEN_INSERT, -DACK_EARLY, -DNO_OBSERVE, -DNO_SECOND_LOOK,
 * -DSWEPT_WHILE_GOOD, -DNO_SLACK, -DEND_FORGETS_CREATION) breaks it.
 */
#define RECORDS 8
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef EXCHANGES
#define EXCHANGES 2
#endif

mtype = { created, over, shut }

/* Memory of the process. */
bool there = false, ended = false;         /* the family is in the map; its word */
bool closed = false;                       /* the gate */
byte boot = 0;                             /* requests of an earlier boot are dead */

/* Time. */
bool good = true;                          /* the code has not expired */
byte lookers = 0;                          /* exchanges that saw it good and are not done: minutes at most */

/* Disk. */
mtype log[RECORDS];
byte written = 0, durable = 0;

/* What clients were told. */
byte told = 0; bool told_back = false, told_dead = false;

inline enqueue(what) {
    if
    :: written < RECORDS -> log[written] = what; written++
    :: else -> goto done                   /* out of room: the run ends for this request */
    fi
}
inline is_durable(what, yes) {
    yes = false; k = 0;
    do
    :: k < durable -> if :: log[k] == what -> yes = true :: else -> skip fi; k++
    :: else -> break
    od; k = 0
}
/* Waits until there is such a record on the disk, helping where no one enqueued it. */
inline settle(what) {
    atomic {
        if :: boot != mine -> goto done :: else -> skip fi;
        is_durable(what, ok); if :: !ok -> enqueue(what) :: else -> skip fi
    }
    do
    :: atomic { boot != mine -> goto done }
    :: atomic { boot == mine -> is_durable(what, ok); if :: ok -> break :: else -> skip fi }
#ifdef ACK_EARLY
    :: break
#endif
    od
}

proctype exchange() {
    byte mine, k; bool ok, seen_there, seen_ended, seen_closed, seen_good;
    atomic { lookers++; mine = boot };
again:
    atomic {
        if :: boot != mine -> goto done :: else -> skip fi;
        seen_there = there; seen_ended = ended; seen_closed = closed; seen_good = good
    };
    if
    :: seen_there ->                        /* C5, C6: it was used */
        if
        :: seen_ended -> skip
        :: !seen_ended ->
            atomic {
                if
                :: boot != mine -> goto done
                :: boot == mine && (!there || ended) -> goto again
                :: boot == mine && there && !ended -> ended = true
                fi
            }
        fi;
#ifdef NO_OBSERVE
        if :: seen_ended -> skip :: else -> settle(created); settle(over) fi;
#else
#ifndef END_FORGETS_CREATION
        settle(created);                    /* one record says both: that it was made, and that it is over */
#endif
        settle(over);
#endif
        atomic { if :: boot == mine -> told_back = true; told_dead = true :: else -> skip fi }; goto done
    :: !seen_there && (!seen_good || seen_closed) -> goto done      /* C3: refused, nothing written */
    :: !seen_there && seen_good && !seen_closed ->                  /* C4 */
        atomic {
            if
            :: boot != mine -> goto done
#ifndef LOOK_THEN_INSERT
            :: boot == mine && there -> goto again
            :: boot == mine && !there -> there = true; ended = false
#else
            :: boot == mine -> there = true; ended = false
#endif
            fi
        };
        settle(created);
        atomic {
            if
            :: boot != mine -> goto done
#ifndef NO_SECOND_LOOK
            :: boot == mine && (ended || closed || !there) -> goto done
            :: boot == mine && there && !ended && !closed ->
#else
            :: boot == mine ->
#endif
                told++;
                assert(told <= 1);
                assert(!told_back);
                assert(!told_dead)
            fi
        }
    fi;
done:
    atomic { lookers-- }
}

/* Logout of all, a password change, disabling: the gate closes. */
proctype close_gate() {
    byte mine, k; bool ok;
    atomic { mine = boot; closed = true };
    settle(shut);
    atomic { if :: boot == mine -> told_dead = true :: else -> skip fi };
done:
    skip
}

/* The code expires; a while later its dead family is forgotten, by snapshots that lack it. */
active proctype sweeper() {
    byte k; bool was_shut;
end:
    do
    :: atomic { good -> good = false }
    :: atomic {
            (there && (ended || closed) && durable == written
#ifndef SWEPT_WHILE_GOOD
            && !good
#ifndef NO_SLACK
            && lookers == 0
#endif
#endif
            ) ->
            is_durable(shut, was_shut);
            there = false; ended = false; written = 0;
            if :: was_shut -> log[0] = shut; written = 1 :: else -> skip fi;
            durable = written
        }
    od
}

active proctype writer() {
end:
    do
    :: atomic { durable < written -> durable++ }
    od
}

active proctype machine() {
    byte crashes = 0, k;
end:
    do
    :: crashes < CRASHES ->
        atomic {
            crashes++; boot++;
            do :: written > durable -> written-- :: break od;
            durable = written;
            there = false; ended = false; closed = false; k = 0;
            do
            :: k < written ->
                if
                :: log[k] == created -> there = true
                :: log[k] == over -> ended = true
                :: log[k] == shut -> closed = true
                fi; k++
            :: else -> break
            od;
            ended = ended && there;         /* an end of a family that is not known is dropped */
            assert(!good || told == 0 || there);
            assert(!good || !told_back || (there && (ended || closed)));
            assert(!told_dead || !there || ended || closed)
        }
    od
}

init {
    atomic {
        byte i;
        for (i : 1 .. EXCHANGES) { run exchange() }
        run close_gate()
    }
}
