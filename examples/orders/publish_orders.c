/* Makes the stream ORDERS where it is missing, and publishes orders as JSON: publish_orders URL COUNT
 *
 * {"id":17,"region":"eu","item":"margherita","quantity":2,"total":21.8,"note":null}, on the subjects orders.eu,
 * orders.us, … */
#include <nats/nats.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const regions[] = {"ap", "eu", "sa", "us"};
static const char *const items[] = {"margherita", "marinara", "quattro stagioni", "diavola, \"extra hot\""};

static int failed(const char *what, natsStatus status) {
  fprintf(stderr, "publish_orders: %s: %s\n", what, natsStatus_GetText(status));
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: publish_orders URL COUNT\n");
    return 2;
  }
  natsConnection *connection = NULL;
  jsCtx *jetstream = NULL;
  natsStatus status = natsConnection_ConnectTo(&connection, argv[1]);
  if (status == NATS_OK)
    status = natsConnection_JetStream(&jetstream, connection, NULL);
  if (status != NATS_OK)
    return failed("connecting", status);

  jsStreamConfig stream;
  const char *subjects[] = {"orders.>"};
  jsErrCode code = 0;
  jsStreamConfig_Init(&stream);
  stream.Name = "ORDERS";
  stream.Subjects = subjects;
  stream.SubjectsLen = 1;
  status = js_AddStream(NULL, jetstream, &stream, NULL, &code);
  if (status != NATS_OK && code != JSStreamNameExistErr)
    return failed("making the stream ORDERS", status);

  const long count = strtol(argv[2], NULL, 10);
  for (long i = 1; i <= count && status == NATS_OK; i++) {
    const char *region = regions[(i * 7) % 4];
    const char *item = items[(i * 13) % 4];
    char escaped[64];
    size_t size = 0;
    for (const char *c = item; *c != '\0'; c++) {
      if (*c == '"')
        escaped[size++] = '\\';
      escaped[size++] = *c;
    }
    escaped[size] = '\0';
    char subject[32];
    char order[256];
    snprintf(subject, sizeof subject, "orders.%s", region);
    const int length =
        snprintf(order, sizeof order,
                 "{\"id\":%ld,\"region\":\"%s\",\"item\":\"%s\",\"quantity\":%ld,\"total\":%.2f,\"note\":%s}", i,
                 region, escaped, i % 5 + 1, (double)(i % 1000) / 10, i % 3 == 0 ? "null" : "\"ring twice\"");
    status = js_PublishAsync(jetstream, subject, order, length, NULL);
  }
  if (status == NATS_OK)
    status = js_PublishAsyncComplete(jetstream, NULL);
  if (status != NATS_OK)
    return failed("publishing", status);

  jsStreamInfo *info = NULL;
  status = js_GetStreamInfo(&info, jetstream, "ORDERS", NULL, NULL);
  if (status != NATS_OK)
    return failed("asking for the stream", status);
  printf("stream ORDERS has %llu messages\n", (unsigned long long)info->State.Msgs);
  jsStreamInfo_Destroy(info);
  jsCtx_Destroy(jetstream);
  natsConnection_Destroy(connection);
  nats_Close();
  return 0;
}
