/** What the log says of a connection or an exchange that ended without an answer. */
export interface ClientCodeMeaning {
  readonly happened: string;
  readonly todo: string;
}

/** All of them: no client ever sees one, since none is there to be answered. */
export const CLIENT_CODES = {
  "client.aborted": {
    happened: "The client closed its connection before its response was complete.",
    todo: "Nothing, where few do: people leave pages, and programs give up waiting. Where many do, compare `totalMs` with their patience, and look at what the service takes so long for.",
  },
  "client.write_timeout": {
    happened: "The client took nothing of a response that was ready, for as long as `timeouts.write` says.",
    todo: "Raise `timeouts.write` where honest clients are that slow.",
  },
  "client.gave_way": {
    happened:
      "The gateway held as much for slow clients as `limits.held` says, and this one had taken nothing for the longest.",
    todo: "Raise `limits.held` where there is memory for more; else lower `timeouts.write`, so that slow clients are given up sooner.",
  },
  "client.too_many_connections": {
    happened:
      "Connections were closed at once because `limits.maxConnections` were open; the line says how many since the last one.",
    todo: "Raise `limits.maxConnections`, and the system's limit of open files with it. Where the clients are few, lower `limits.maxConnectionsPerAddress` instead.",
  },
  "client.too_many_connections_of_address": {
    happened: "The same for one client, which had `limits.maxConnectionsPerAddress` open.",
    todo: "Where it is a proxy, name it in `trustedProxies`: those are not counted. Raise the limit where many clients share an address.",
  },
  "client.untrusted_proxy": {
    happened:
      "A connection to a listener with `proxyProtocol` came from an address that is not in its `trustedProxies`; it was closed unread.",
    todo: "Add the address to `trustedProxies` if it is your proxy's. Otherwise close the port to everybody else.",
  },
  "client.bad_proxy_header": {
    happened:
      "A trusted proxy's connection to a listener with `proxyProtocol` did not begin with a whole header of the PROXY protocol.",
    todo: "Turn the PROXY protocol on in the proxy (`send-proxy-v2` in HAProxy, `proxy_protocol on` in nginx), or turn `proxyProtocol` off here.",
  },
  "client.proxy_header_timeout": {
    happened: "A header of the PROXY protocol was not complete within `timeouts.head`.",
    todo: "Look at the network between the proxy and the gateway: the proxy sends the header with its first packet.",
  },
  "client.shutdown": {
    happened: "The gateway stopped, and the exchange was not over within `drain`.",
    todo: "Raise `drain` where exchanges rightly take longer, and with it the time that your process manager waits before it kills.",
  },
} as const satisfies Readonly<Record<`client.${string}`, ClientCodeMeaning>>;

export type ClientCode = keyof typeof CLIENT_CODES;
