internal import CSpawn

/// The transfers through the pipes.
extension WatchedProgram {
    enum Source {
        case input, output, error, exit
    }

    /// A descriptor to poll.
    struct Interest {
        let program: WatchedProgram
        let source: Source
        let descriptor: Descriptor
    }

    /// Adds the descriptors to poll.
    func addInterests(to interests: inout [Interest], at now: Instant) {
        if let end = outputRests, end <= now || hasEnded { outputRests = nil }
        func add(_ source: Source, _ descriptor: Descriptor) {
            interests.append(Interest(program: self, source: source, descriptor: descriptor))
        }
        if let exit, !hasEnded { add(.exit, exit) }
        if let error { add(.error, error) }
        if let output, outputUse != .read || reading != nil, outputRests == nil { add(.output, output) }
        if let input, !isConversation || writing != nil { add(.input, input) }
    }

    /// Handles a descriptor that is ready or at its end.
    func isReady(_ source: Source, _ scratch: inout [UInt8], at now: Instant) {
        switch source {
        case .exit:
            hasEnded = true
            exit = nil
        case .error:
            switch error?.read(into: &scratch) {
            case .moved(let count): errorOutput.append(scratch[..<count])
            case .over: error = nil
            case .later, nil: break
            }
        case .output: readOutput(&scratch, at: now)
        case .input: writeInput()
        }
    }

    private func readOutput(_ scratch: inout [UInt8], at now: Instant) {
        guard let output else { return }
        switch (output.read(into: &scratch, atMost: reading?.limit ?? .max), outputUse) {
        case (.moved(let count), .collected):
            let isLong = collected.count >= scratch.count
            if isLong {
                if count < scratch.count { outputRests = now + Self.rest }
            } else if collected.count + count >= scratch.count {
                capsule_widen_pipe(output.number, Self.wideCapacity)
                // Growing step by step would hold everything twice. Memory that is reserved and not written takes no room.
                collected.reserveCapacity(min(command.command.outputLimit, Self.maximumReserve))
            }
            collected.append(contentsOf: scratch[..<count])
            if collected.count > command.command.outputLimit {
                collected = []
                end(because: .outputLimit, at: now)
            }
        case (.moved(let count), .read):
            reading?.waiter.resume(returning: Array(scratch[..<count]))
            reading = nil
        case (.over, _):
            self.output = nil
            reading?.waiter.resume(returning: [])
            reading = nil
        case (.moved, .dropped), (.later, _): break
        }
    }

    private func writeInput() {
        guard let input else { return }
        let bytes = writing?.bytes ?? command.command.input
        var done = writing?.done ?? written
        while done < bytes.count {
            switch input.write(bytes, from: done) {
            case .moved(let count):
                done += count
                continue
            case .later:
                if writing != nil { writing?.done = done } else { written = done }
                return
            case .over:
                self.input = nil
                failWriting()
                return
            }
        }
        if let writing {
            writing.waiter.resume()
            self.writing = nil
        } else {
            self.input = nil
        }
    }

    /// Reads from a conversation.
    func read(
        _ limit: Int, _ waiter: CheckedContinuation<[UInt8], any Error>, _ scratch: inout [UInt8], at now: Instant
    ) {
        if let stop { return waiter.resume(throwing: reason(of: stop)) }
        guard reading == nil, outputUse == .read else { return waiter.resume(throwing: isBusy) }
        guard output != nil else { return waiter.resume(returning: []) }
        reading = (min(limit, scratch.count), waiter)
        readOutput(&scratch, at: now)
    }

    /// Writes to a conversation.
    func write(_ bytes: [UInt8], _ waiter: CheckedContinuation<Void, any Error>) {
        if let stop { return waiter.resume(throwing: reason(of: stop)) }
        guard writing == nil, outputUse == .read else { return waiter.resume(throwing: isBusy) }
        writing = (bytes, 0, waiter)
        guard input != nil else { return failWriting() }
        writeInput()
    }

    /// Waits for the result of a conversation.
    func finish(_ waiter: CheckedContinuation<CommandResult, any Error>) {
        if let outcome { return waiter.resume(with: outcome) }
        guard resultWaiter == nil, writing == nil, reading == nil else { return waiter.resume(throwing: isBusy) }
        input = nil
        if outputUse == .read { outputUse = .dropped }
        resultWaiter = waiter
    }

    private var isBusy: CommandError {
        CommandError(.failed, "the conversation with \(command.name) is busy with another call or finished")
    }

    private func failWriting() {
        writing?.waiter.resume(throwing: CommandError(.failed, "\(command.name) has closed its standard input"))
        writing = nil
    }

    /// Fails the pending read and write.
    func failPending() {
        let error: any Error = stop.map { reason(of: $0) } ?? CommandError(.failed, "\(command.name) has ended")
        reading?.waiter.resume(throwing: error)
        writing?.waiter.resume(throwing: error)
        (reading, writing) = (nil, nil)
    }
}
