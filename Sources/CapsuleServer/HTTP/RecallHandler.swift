internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Answers on the spot what can be answered out of memory: no task is begun for it, and no thread changed. Everything else
/// goes on as it came.
final class RecallHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A request that is held back until it is whole.
    private struct Held {
        let head: HTTPRequest
        let recall: ServiceResponder.Recall
        var body = ByteBuffer()
    }

    private let responder: ServiceResponder
    private var held: Held?
    /// Requests that went on and are not answered yet; what comes after them has to wait behind them.
    private var ahead = 0

    init(responder: ServiceResponder) { self.responder = responder }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            // Who does not take its answers waits: the service asks for no more while it cannot write.
            if ahead == 0, context.channel.isWritable, let recall = responder.recall(head) {
                held = Held(head: head, recall: recall)
            } else {
                ahead += 1
                context.fireChannelRead(data)
            }
        case .body(var bytes):
            guard held != nil else { return context.fireChannelRead(data) }
            held?.body.writeOrTake(&bytes)
            if let held, held.body.readableBytes > VerdictMemo.maximumBody { pass(context) }
        case .end:
            if let held, let (response, body) = responder.respond(to: held.recall, body: held.body) {
                self.held = nil
                context.write(wrapOutboundOut(.head(response)), promise: nil)
                context.write(wrapOutboundOut(.body(body)), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            } else {
                pass(context)
                context.fireChannelRead(data)
            }
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { ahead -= 1 }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Who closes the connection when it is idle has to know that it is not.
        if event is ChannelShouldQuiesceEvent { pass(context) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Lets what is held back go on.
    private func pass(_ context: ChannelHandlerContext) {
        guard let held else { return }
        self.held = nil
        ahead += 1
        context.fireChannelRead(wrapInboundOut(.head(held.head)))
        if held.body.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(.body(held.body))) }
    }
}

@available(*, unavailable)
extension RecallHandler: Sendable {}

extension ByteBuffer {
    /// Takes over what arrives; most bodies arrive in one piece.
    fileprivate mutating func writeOrTake(_ bytes: inout ByteBuffer) {
        if readableBytes == 0 { self = bytes } else { writeBuffer(&bytes) }
    }
}
