internal import CSpawn

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// The life cycle of a program.
extension WatchedProgram {
    /// Starts the deadline, which includes the start itself, because that can hang.
    func isBeingStarted(at now: Instant) {
        phaseEnds = now + max(.zero, min(command.command.deadline, Self.longestDeadline))
    }

    func wasStarted(_ program: StartedProgram, at now: Instant) {
        isStarted = true
        process = program.process
        exit = program.exit
        input = program.input
        output = program.output
        error = program.error
        nextCheck = exit == nil ? now + Self.interval : nil
        openWaiter?.resume()
        openWaiter = nil
        catchUp()
    }

    /// The process announced itself before it executes the program.
    func announced(_ process: Int32) {
        guard !isStarted, !isReaped else { return }
        self.process = process
        catchUp()
    }

    /// Ends a program whose end was requested before its process existed.
    private func catchUp() {
        switch phase {
        case .free: break
        case .terminated: terminate()
        case .killed: kill()
        }
    }

    func wasNotStarted(_ failure: StartFailure) {
        if let process = failure.process {
            // It has ended or is in its last microseconds.
            var status: Int32 = 0
            _ = unsafe capsule_reap(process, 1, &status)
        }
        process = nil
        isReaped = true
        isOpen = false
        (phaseEnds, nextCheck) = (nil, nil)
        end(with: stop.map { .failure(reason(of: $0)) } ?? .failure(failure.error))
    }

    /// The program was ended while its start was still queued.
    func wasWithdrawn() {
        guard let stop else { return }
        isReaped = true
        (phaseEnds, nextCheck) = (nil, nil)
        end(with: .failure(reason(of: stop)))
    }

    /// Ends the program. The first reason counts.
    func end(because why: Stop, at now: Instant) {
        guard phase == .free, !isReaped else { return }
        stop = why
        phase = .terminated
        phaseEnds = now + Self.grace
        outputUse = .dropped
        failPending()
        terminate()
        if !isStarted { nextCheck = now + Self.interval }
    }

    private func terminate() {
        guard process != nil, !hasSentSIGTERM else { return }
        hasSentSIGTERM = true
        signal(SIGTERM)
        // A stopped process handles no other signal.
        signal(SIGCONT)
    }

    private func kill() {
        phase = .killed
        signal(SIGKILL)
        // A process that left the group may hold the pipes for ever, and their content is no longer needed.
        (input, output, error) = (nil, nil, nil)
    }

    private func signal(_ number: Int32) {
        guard let process, !isReaped else { return }
        // To the whole group; an empty group is not a failure.
        #if canImport(Glibc)
            _ = Glibc.kill(-process, number)
        #elseif canImport(Musl)
            _ = Musl.kill(-process, number)
        #else
            _ = Darwin.kill(-process, number)
        #endif
    }

    /// Performs the due action.
    func tick(at now: Instant) {
        if let check = nextCheck, check <= now {
            if isStarted, let process, capsule_has_ended(process) != 0 { hasEnded = true }
            nextCheck = hasEnded ? nil : now + Self.interval
        }
        guard let phaseEnds, phaseEnds <= now else { return }
        switch phase {
        case .free:
            end(because: .deadline, at: now)
        case .terminated:
            self.phaseEnds = now + Self.patience
            kill()
        case .killed:
            self.phaseEnds = nil
            if let stop { end(with: .failure(reason(of: stop))) }
        }
    }

    /// Reaps the program when nothing is left to be read or signalled. Not earlier: after the leader is reaped, the number of
    /// the group may be reused.
    func settle(at now: Instant) {
        guard isStarted, !isReaped, hasEnded, output == nil, error == nil, let process else { return }
        if stop != nil, phase != .killed { kill() }
        var status: Int32 = 0
        let result = unsafe capsule_reap(process, 0, &status)
        guard result != 0 else {
            nextCheck = now + Self.interval
            return
        }
        isReaped = true
        (exit, input, phaseEnds, nextCheck) = (nil, nil, nil, nil)
        if let stop {
            end(with: .failure(reason(of: stop)))
        } else if result < 0 {
            end(
                with: .failure(
                    CommandError(
                        .failed, "\(command.name) has ended, and other code of this process collected its status")))
        } else {
            end(
                with: .success(
                    CommandResult(
                        status: status, output: collected, errorOutput: errorOutput.text,
                        errorOutputIsCut: errorOutput.isCut)))
        }
    }

    private func end(with outcome: Result<CommandResult, any Error>) {
        guard self.outcome == nil else { return }
        self.outcome = outcome
        collected = []
        resultWaiter?.resume(with: outcome)
        resultWaiter = nil
        if let openWaiter, case .failure(let error) = outcome {
            // There is no conversation, so it will not be closed.
            openWaiter.resume(throwing: error)
            isOpen = false
        }
        openWaiter = nil
        closeWaiter?.resume()
        closeWaiter = nil
        failPending()
    }

    func reason(of stop: Stop) -> any Error {
        switch stop {
        case .deadline:
            CommandError(
                .deadline, "\(command.name) ran longer than \(command.command.deadline) and was stopped")
        case .outputLimit:
            CommandError(
                .outputLimit,
                "\(command.name) printed more than \(command.command.outputLimit) bytes and was stopped")
        case .cancelled: CancellationError()
        case .closed: CommandError(.failed, "the conversation with \(command.name) is over")
        }
    }
}
