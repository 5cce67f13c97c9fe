/* main() returns while four threads are inside calls: the exit code is its own. exit_in_flight PHOTO */
#include <facebridge/facebridge.h>
#include <pthread.h>
#include <stdio.h>

static fb_client *client;
static fb_image photo;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t begun = PTHREAD_COND_INITIALIZER;
static int done, failed;

static void *work(void *nothing) {
    (void)nothing;
    for (;;) {
        fb_embedding *embedding = NULL;
        const bool good = fb_client_embed(client, &photo, &embedding, NULL) == FB_OK;
        fb_embedding_free(embedding);
        pthread_mutex_lock(&lock);
        ++*(good ? &done : &failed);
        pthread_cond_signal(&begun);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t threads[4];
    if (argc != 2 || fb_client_local(NULL, &client, NULL) != FB_OK) {
        return 2;
    }
    photo = fb_image_file(argv[1]);
    for (int i = 0; i < 4; ++i) {
        if (pthread_create(&threads[i], NULL, work, NULL) != 0) {
            return 2;
        }
    }
    /* The calls are under way once the first has come back. */
    pthread_mutex_lock(&lock);
    while (done == 0 && failed == 0) {
        pthread_cond_wait(&begun, &lock);
    }
    const int wrong = failed;
    pthread_mutex_unlock(&lock);
    return wrong > 0 ? 3 : 0;
}
