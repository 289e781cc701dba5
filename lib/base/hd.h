#ifndef STAIR_HD_H
#define STAIR_HD_H

/*
 * HD stands before a function in a header that both the host and GPUs run. The
 * compiler for GPUs then makes code for both; any other compiler sees a static
 * inline function.
 */
#ifdef __CUDACC__
#define HD static __host__ __device__ __forceinline__
#else
#define HD static inline
#endif

#endif
