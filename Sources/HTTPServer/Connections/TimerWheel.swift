/// Rings for connections when their time is over: one entry for each, by slot.
///
/// Entering, moving and removing cost the same however many there are. An entry may ring early, never more than a step late:
/// whoever is rung for looks when its time is, and enters it again.
struct TimerWheel {
    /// How long a step is, in milliseconds.
    static let step: UInt64 = 20
    /// How many steps a turn of the wheel has: 82 seconds, longer than any time of the defaults.
    private static let size: UInt64 = 4_096
    /// The longest time in milliseconds that is slept through.
    private static let longestWait: UInt64 = 1_000

    private struct Entry {
        var next: Int32 = -1
        var previous: Int32 = -1
        /// The step that it rings at; 0 for one that is not in the wheel.
        var turn: UInt64 = 0
    }

    private var first = [Int32](repeating: -1, count: Int(size))
    private var entries: [Entry] = []
    private var hand: UInt64
    private(set) var count = 0

    /// A wheel that begins at a time in milliseconds.
    init(now: UInt64) { hand = now / Self.step }

    /// Rings for a slot at a time, or before it where that was asked for earlier.
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

    /// Forgets a slot.
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

    /// The next slot that is rung for; it has left the wheel. Nil when there is none until `now`.
    mutating func next(now: UInt64) -> Int? {
        let goal = now / Self.step
        while true {
            let slot = first[Int(hand % Self.size)]
            if slot >= 0, entries[Int(slot)].turn <= hand {
                remove(Int(slot))
                return Int(slot)
            }
            guard hand < goal else { return nil }
            // Nothing is missed where there is nothing.
            hand = count == 0 ? goal : hand + 1
        }
    }

    /// How many milliseconds nobody is rung for, at most a second; nil when the wheel is empty.
    func wait(now: UInt64) -> Int? {
        guard count > 0 else { return nil }
        var turn = hand + 1
        let end = hand + Self.longestWait / Self.step
        while turn < end, first[Int(turn % Self.size)] < 0 { turn += 1 }
        let time = turn * Self.step
        return time > now ? Int(time - now) : 0
    }
}
