// The device of cuda_device.h on a GPU: kernels, streams, a recorded step,
// memory, errors. What is computed stands in cuda_body.h.
extern "C" {
#include "lib/engine/cuda/cuda_priv.h"
}
#include "lib/engine/cuda/cuda_body.h"

#include <cuda_runtime.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef CUDA_ARCHS
#error "CUDA_ARCHS lists the built-in compute capabilities"
#endif

namespace {

enum { BLOCK = 128, LANES = 2, GRID_MAX = INT32_MAX };

// One kernel per body; the tables' addresses come as constants.
#define KERNEL(name)                                                           \
    __global__ void __launch_bounds__(BLOCK) name##_kernel(                    \
        const __grid_constant__ struct cuda_mem g,                             \
        const __grid_constant__ struct cuda_arg a, int64_t n)                  \
    {                                                                          \
        int64_t i = (int64_t)blockIdx.x * BLOCK + threadIdx.x;                 \
        if (i < n)                                                             \
            cuda_body_##name(&g, &a, i);                                       \
    }
CUDA_KERNELS(KERNEL)
#undef KERNEL

#define ENTRY(name) (const void *)name##_kernel,
const void *const entry[] = {CUDA_KERNELS(ENTRY)};
#undef ENTRY

struct gpu {
    struct cuda_device dev; // first
    char name[160];
    cudaStream_t lane[LANES];
    cudaEvent_t forked, joined, mark[2];
    cudaGraphExec_t step; // NULL until recorded
};

int
failed(struct err *e, const char *call, cudaError_t rc)
{
    return err_set(e, ERR_DEVICE, "the GPU failed: %s: %s", call,
        cudaGetErrorString(rc));
}

// Calls and returns from the function on failure.
#define TRY(call)                                                              \
    do {                                                                       \
        cudaError_t try_rc = call;                                             \
        if (try_rc != cudaSuccess)                                             \
            return failed(e, #call, try_rc);                                   \
    } while (0)

gpu *
of(struct cuda_device *d)
{
    return (gpu *)d;
}

// Nothing can be done about errors here, and what could be had is an earlier
// one that was reported.
void
close(struct cuda_device *d)
{
    gpu *g = of(d);
    if (g->step)
        (void)cudaGraphExecDestroy(g->step);
    cudaEvent_t event[] = {g->forked, g->joined, g->mark[0], g->mark[1]};
    for (cudaEvent_t v : event)
        if (v)
            (void)cudaEventDestroy(v);
    for (cudaStream_t s : g->lane)
        if (s)
            (void)cudaStreamDestroy(s);
    free(g);
}

int
no_room(struct err *e, int64_t bytes)
{
    size_t free_bytes = 0, total = 0;
    TRY(cudaMemGetInfo(&free_bytes, &total));
    return err_set(e, ERR_NOMEM,
        "out of GPU memory: %" PRId64 " bytes are needed, %zu of %zu are free",
        bytes, free_bytes, total);
}

int
room(struct cuda_device *, int64_t bytes, struct err *e)
{
    size_t free_bytes = 0, total = 0;
    TRY(cudaMemGetInfo(&free_bytes, &total));
    return (size_t)bytes <= free_bytes ? 0 : no_room(e, bytes);
}

int
alloc(struct cuda_device *d, void **p, int64_t bytes, struct err *e)
{
    *p = NULL;
    cudaError_t rc = cudaMalloc(p, (size_t)bytes);
    if (rc == cudaErrorMemoryAllocation) {
        (void)cudaGetLastError(); // it is no lasting one
        return no_room(e, bytes);
    }
    if (rc != cudaSuccess)
        return failed(e, "cudaMalloc", rc);
    rc = cudaMemsetAsync(*p, 0, (size_t)bytes, of(d)->lane[0]);
    if (rc == cudaSuccess)
        return 0;
    (void)cudaFree(*p);
    return failed(e, "cudaMemsetAsync", rc);
}

void
release(struct cuda_device *, void *p)
{
    (void)cudaFree(p);
}

int
put(struct cuda_device *d, void *to, const void *from, int64_t bytes,
    struct err *e)
{
    cudaStream_t s = of(d)->lane[0];
    TRY(cudaMemcpyAsync(to, from, (size_t)bytes, cudaMemcpyHostToDevice, s));
    TRY(cudaStreamSynchronize(s));
    return 0;
}

int
get(struct cuda_device *d, void *to, const void *from, int64_t bytes,
    struct err *e)
{
    cudaStream_t s = of(d)->lane[0];
    TRY(cudaMemcpyAsync(to, from, (size_t)bytes, cudaMemcpyDeviceToHost, s));
    TRY(cudaStreamSynchronize(s));
    return 0;
}

int
launch(struct cuda_device *d, int lane, enum cuda_kernel k,
    const struct cuda_mem *m, const struct cuda_arg *a, int64_t n,
    struct err *e)
{
    static const char *const name[] = {
#define NAME(x) #x,
        CUDA_KERNELS(NAME)
#undef NAME
    };
    int64_t blocks = (n + BLOCK - 1) / BLOCK;
    if (n == 0)
        return 0;
    if (blocks > GRID_MAX)
        return err_set(e, ERR_RANGE,
            "%" PRId64 " threads are more than a GPU launches at a time", n);
    void *args[] = {(void *)m, (void *)a, (void *)&n};
    cudaError_t rc = cudaLaunchKernel(entry[k], dim3((unsigned)blocks),
        dim3(BLOCK), args, 0, of(d)->lane[lane]);
    return rc == cudaSuccess ? 0 : failed(e, name[k], rc);
}

int
after(cudaStream_t later, cudaEvent_t event, cudaStream_t first, struct err *e)
{
    TRY(cudaEventRecord(event, first));
    TRY(cudaStreamWaitEvent(later, event, 0));
    return 0;
}

int
fork_lane(struct cuda_device *d, struct err *e)
{
    gpu *g = of(d);
    return after(g->lane[1], g->forked, g->lane[0], e);
}

int
join_lane(struct cuda_device *d, struct err *e)
{
    gpu *g = of(d);
    return after(g->lane[0], g->joined, g->lane[1], e);
}

// Records what issue launches. An error of issue is the one that is told.
int
record(gpu *g, int (*issue)(void *, struct err *), void *ctx, struct err *e)
{
    cudaGraph_t graph = NULL;
    TRY(cudaStreamBeginCapture(
        g->lane[0], cudaStreamCaptureModeThreadLocal));
    int rc = issue(ctx, e);
    cudaError_t end = cudaStreamEndCapture(g->lane[0], &graph);
    if (!rc && end != cudaSuccess)
        rc = failed(e, "cudaStreamEndCapture", end);
    if (!rc) {
        cudaError_t made = cudaGraphInstantiate(&g->step, graph, 0);
        if (made != cudaSuccess) {
            g->step = NULL;
            rc = failed(e, "cudaGraphInstantiate", made);
        }
    }
    if (graph)
        (void)cudaGraphDestroy(graph);
    return rc;
}

int
repeat(struct cuda_device *d, int (*issue)(void *, struct err *), void *ctx,
    struct err *e)
{
    gpu *g = of(d);
    int rc = g->step ? 0 : record(g, issue, ctx, e);
    if (rc)
        return rc;
    TRY(cudaGraphLaunch(g->step, g->lane[0]));
    return 0;
}

int
mark(struct cuda_device *d, int k, struct err *e)
{
    TRY(cudaEventRecord(of(d)->mark[k], of(d)->lane[0]));
    return 0;
}

int
await(struct cuda_device *d, int k, struct err *e)
{
    TRY(cudaEventSynchronize(of(d)->mark[k]));
    return 0;
}

int
make_streams(gpu *g, struct err *e)
{
    for (cudaStream_t &s : g->lane)
        TRY(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking));
    cudaEvent_t *event[] = {&g->forked, &g->joined, &g->mark[0], &g->mark[1]};
    for (cudaEvent_t *v : event)
        TRY(cudaEventCreateWithFlags(
            v, cudaEventDisableTiming | cudaEventBlockingSync));
    return 0;
}

// Why this program has no code for GPU 0.
int
no_code(struct err *e, cudaError_t rc)
{
    cudaDeviceProp p;
    if (rc != cudaErrorNoKernelImageForDevice &&
        rc != cudaErrorInvalidDeviceFunction &&
        rc != cudaErrorUnsupportedPtxVersion)
        return failed(e, "cudaFuncGetAttributes", rc);
    TRY(cudaGetDeviceProperties(&p, 0));
    return err_set(e, ERR_DEVICE,
        "the GPU '%s' has compute capability %d.%d, for which this program "
        "has no code: it was built for " CUDA_ARCHS,
        p.name, p.major, p.minor);
}

} // namespace

extern "C" int
cuda_usable(struct err *e)
{
    int driver = 0, runtime = 0, count = 0;
    TRY(cudaDriverGetVersion(&driver));
    TRY(cudaRuntimeGetVersion(&runtime));
    if (driver == 0)
        return err_set(e, ERR_DEVICE, "this machine has no NVIDIA driver");
    cudaError_t rc = cudaGetDeviceCount(&count);
    if (rc == cudaErrorInsufficientDriver)
        return err_set(e, ERR_DEVICE,
            "the NVIDIA driver is for CUDA %d.%d, but this program needs "
            "%d.%d",
            driver / 1000, driver % 1000 / 10, runtime / 1000,
            runtime % 1000 / 10);
    if (rc == cudaErrorNoDevice || (rc == cudaSuccess && count == 0))
        return err_set(
            e, ERR_DEVICE, "the NVIDIA driver shows this program no GPU");
    if (rc != cudaSuccess)
        return failed(e, "cudaGetDeviceCount", rc);
    return 0;
}

extern "C" int
cuda_open(struct cuda_device **out, struct err *e)
{
    *out = NULL;
    int rc = cuda_usable(e);
    if (rc)
        return rc;
    struct cudaFuncAttributes attr;
    cudaError_t code = cudaFuncGetAttributes(&attr, entry[0]);
    if (code != cudaSuccess)
        return no_code(e, code);
    cudaDeviceProp p;
    TRY(cudaGetDeviceProperties(&p, 0));
    gpu *g = (gpu *)calloc(1, sizeof *g);
    if (!g)
        return err_set(e, ERR_NOMEM, "out of memory");
    snprintf(g->name, sizeof g->name, "%.100s, compute capability %d.%d",
        p.name, p.major, p.minor);
    g->dev = {g->name, close, room, alloc, release, put, get, launch,
        fork_lane, join_lane, repeat, mark, await};
    rc = make_streams(g, e);
    if (rc) {
        close(&g->dev);
        return rc;
    }
    *out = &g->dev;
    return 0;
}
