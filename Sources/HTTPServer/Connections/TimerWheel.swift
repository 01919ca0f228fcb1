/// The timers of connections: one entry for each slot.
///
/// Scheduling and removing take constant time. An entry may expire early, and at most one step late: the caller compares the time
/// with its deadline, and schedules the slot again.
struct TimerWheel {
    /// The length of a step in milliseconds.
    static let step: UInt64 = 20
    /// The number of steps in a revolution: 82 seconds, longer than any default limit.
    private static let size: UInt64 = 4_096
    /// The longest wait in milliseconds.
    private static let longestWait: UInt64 = 1_000

    private struct Entry {
        var next: Int32 = -1
        var previous: Int32 = -1
        /// The step at which the entry expires; 0 for one that is not in the wheel.
        var turn: UInt64 = 0
    }

    private var first = [Int32](repeating: -1, count: Int(size))
    private var entries: [Entry] = []
    private var hand: UInt64
    private(set) var count = 0

    /// A wheel that starts at a time in milliseconds.
    init(now: UInt64) { hand = now / Self.step }

    /// Schedules a slot at a time, unless it is scheduled for an earlier one.
    mutating func schedule(_ slot: Int, at time: UInt64) {
        while entries.count <= slot { entries.append(Entry()) }
        let turn = max(hand + 1, min(time / Self.step + 1, hand + Self.size - 1))
        if entries[slot].turn != 0 {
            guard entries[slot].turn > turn else { return }
            remove(slot)
        }
        let place = Int(turn % Self.size)
        let next = first[place]
        entries[slot] = Entry(next: next, previous: -1, turn: turn)
        if next >= 0 { entries[Int(next)].previous = Int32(slot) }
        first[place] = Int32(slot)
        count += 1
    }

    /// Removes a slot.
    mutating func remove(_ slot: Int) {
        guard slot < entries.count, entries[slot].turn != 0 else { return }
        let entry = entries[slot]
        if entry.previous >= 0 {
            entries[Int(entry.previous)].next = entry.next
        } else {
            first[Int(entry.turn % Self.size)] = entry.next
        }
        if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous }
        entries[slot] = Entry()
        count -= 1
    }

    /// Removes and returns the next slot that has expired; nil when there is none.
    mutating func next(now: UInt64) -> Int? {
        let goal = now / Self.step
        while true {
            let slot = first[Int(hand % Self.size)]
            if slot >= 0, entries[Int(slot)].turn <= hand {
                remove(Int(slot))
                return Int(slot)
            }
            guard hand < goal else { return nil }
            // An empty wheel skips to the goal.
            hand = count == 0 ? goal : hand + 1
        }
    }

    /// The milliseconds until the next slot may expire, at most a second; nil when the wheel is empty.
    func wait(now: UInt64) -> Int? {
        guard count > 0 else { return nil }
        var turn = hand + 1
        let end = hand + Self.longestWait / Self.step
        while turn < end, first[Int(turn % Self.size)] < 0 { turn += 1 }
        let time = turn * Self.step
        return time > now ? Int(time - now) : 0
    }
}
