"""Kernel regression and training dynamics of infinitely wide networks, by plain recursion in 80 to 200 digits.

Kinds `krr` and `dynamics` of the self-test at depths, activations and inputs other than the embedded ones, and `norms`:
inputs of different norm, at times from the first steps to the last. Needs mpmath.
"""
import json
from mpmath import mp, mpf
import mpmath as m
OUT=[]
def reluF(q,k):
    t=m.atan2(m.sqrt(max(q*q-k*k,0)),k); return q*(m.sin(t)+(mp.pi-t)*m.cos(t))/(2*mp.pi),(mp.pi-t)/(2*mp.pi)
def erfF(q,k): return 2/mp.pi*m.asin(2*k/(1+2*q)), 4/mp.pi/m.sqrt((1+2*q)**2-4*k*k)
def sinF(q,k): e=m.exp(-q); return e*(m.exp(k)-m.exp(-k))/2, e*(m.exp(k)+m.exp(-k))/2
def S(x): return m.nstr(x,20,strip_zeros=False,min_fixed=-5,max_fixed=5)
def run(nm,F,s,b,L,train,y,test,dps):
    mp.dps=dps
    s,b=mpf(s),mpf(b); A=[mpf(a) for a in train+test]; n=len(train); N=len(A)
    K=m.matrix(N,N);T=m.matrix(N,N)
    for i in range(N):
        for j in range(i+1):
            q=s+b; k=s*m.cos(A[i]-A[j])+b; t=k
            for _ in range(L-1):
                fq,_=F(q,q); f,fd=F(q,min(k,q)) if i!=j else F(q,q)
                q=s*fq+b; k=s*f+b; t=k+s*fd*t
            K[i,j]=K[j,i]=k; T[i,j]=T[j,i]=t
    yv=m.matrix([mpf(v) for v in y])
    def pred(M): a=m.lu_solve(M[:n,:n],yv); return [sum(M[n+t,j]*a[j] for j in range(n)) for t in range(len(test))]
    E,Q=m.eigsy(T[:n,:n]); lm=max(E)
    desc='train inputs on unit circle (|x|^2/d=1) at angles %s ; y=%s ; test angles %s'%(','.join(train),','.join(y),','.join(test))
    base=dict(act=nm,sw2=S(s),sb2=S(b),L=L,data=desc)
    OUT.append(dict(kind='krr',**base,ntk_pred=[S(v) for v in pred(T)],nngp_pred=[S(v) for v in pred(K)],cond_ntk=S(lm/min(E))))
    var=[];mean=[];gd=[]
    for j in range(len(test)):
        w=m.lu_solve(T[:n,:n],T[:n,n+j]); var.append(K[n+j,n+j]-2*sum(w[i]*K[i,n+j] for i in range(n))+sum(w[i]*w[k]*K[i,k] for i in range(n) for k in range(n)))
        mn=mg=mpf(0)
        for e in range(n):
            qy=sum(Q[i,e]*yv[i] for i in range(n)); kx=sum(T[n+j,i]*Q[i,e] for i in range(n))
            mn+=kx*qy*(1-m.exp(-E[e]*10/lm))/E[e]; mg+=kx*qy*(1-(1-E[e]/lm)**10)/E[e]
        mean.append(mn);gd.append(mg)
    OUT.append(dict(kind='dynamics',**base,lambda_max=S(lm),var_inf=[S(v) for v in var],flow_mean_at_t_10_over_lmax=[S(v) for v in mean],gd_mean_10_steps_lr_1_over_lmax=[S(v) for v in gd]))

base=(['0','1','2.5','4'],['1','-2','0.5','3'],['0.4','5.2'])
more=(['0.1','0.7','1.5','2.2','3.3','4.1','5.5'],['1','-1','0.25','2','-0.5','0','1.5'],['0.4','2.9','5.2'])
for nm,F,s,b,Ls in [('relu',reluF,'1','0.1',[2,40,400]),('relu',reluF,'1.5','0.3',[30]),('relu',reluF,'2','0',[2,3000]),
                    ('relu',reluF,'3','0.1',[200]),('erf',erfF,'1','0.1',[50,600]),('erf',erfF,'4','0.3',[10,60]),
                    ('erf',erfF,'1.3','0.05',[100]),('sin',sinF,'1','0.2',[10,200]),('sin',sinF,'3','0.1',[25])]:
    for L in Ls:
        run(nm,F,s,b,L,*base,dps=200 if s in('1','1.5') else 80)
        if L<=60: run(nm,F,s,b,L,*more,dps=200 if s in('1','1.5') else 80)

# General covariances: value and slope of E[phi(u) phi(v)].
def relu2(p,q,k):
    g=m.sqrt(p*q); t=m.atan2(m.sqrt(max(p*q-k*k,0)),k); return g*(m.sin(t)+(mp.pi-t)*m.cos(t))/(2*mp.pi),(mp.pi-t)/(2*mp.pi)
def erf2(p,q,k):
    d=(1+2*p)*(1+2*q); return 2/mp.pi*m.asin(2*k/m.sqrt(d)), 4/mp.pi/m.sqrt(d-4*k*k)
def gelu2(p,q,k):
    P=(1+p)*(1+q); D=P-k*k; A=mpf(1)/4+m.asin(k/m.sqrt(P))/(2*mp.pi); B=1/(2*mp.pi*m.sqrt(D)); E=(1-p*q)/P
    return k*A+B*(p*q+k*k*E), A+k*B+(B*k/D)*(p*q+k*k*E)+2*B*k*E
X=[['1','0.5','-0.3'],['0.2','-1.5','0.7'],['2','0.25','1.25'],['-0.5','-0.75','0.4'],['0.1','0.9','-1.1'],['0.6','0.3','0.2'],['-1.2','0.4','0.8']]
Y=[['1','0.5'],['-2','0.25'],['0.5','-1'],['3','2'],['-1','0.75']]
def norms(nm,F,s,b,L,dps):
    mp.dps=dps
    s_,b_=mpf(s),mpf(b); x=[[mpf(v) for v in r] for r in X]; N=len(x); n=len(Y)
    K=m.matrix(N,N);T=m.matrix(N,N)
    for i in range(N):
        for j in range(i+1):
            dot=lambda u,v: s_*sum(c*e for c,e in zip(u,v))/3+b_
            p,q,k=dot(x[i],x[i]),dot(x[j],x[j]),dot(x[i],x[j]); t=k
            for _ in range(L-1):
                fp,fq=F(p,p,p)[0],F(q,q,q)[0]; f,fd=F(p,q,k) if i!=j else F(p,p,p)
                p,q,k=s_*fp+b_,s_*fq+b_,s_*f+b_; t=k+s_*fd*t
            K[i,j]=K[j,i]=k; T[i,j]=T[j,i]=t
    E,Q=m.eigsy(T[:n,:n]); top=max(E); low=min(E)
    times=[1/top,m.sqrt(1/(top*low)),1/low]; answers=[]
    for t in times+[None]:
        g=[(1-m.exp(-e*t))/e if t is not None else 1/e for e in E]
        W=m.matrix(2,n)
        for c in range(2):
            z=[sum(T[n+c,i]*Q[i,e] for i in range(n))*g[e] for e in range(n)]
            for i in range(n): W[c,i]=sum(z[e]*Q[i,e] for e in range(n))
        mean=[sum(W[c,i]*mpf(Y[i][o]) for i in range(n)) for c in range(2) for o in range(2)]
        cov=[K[n+c,n+d]-sum(W[c,i]*K[i,n+d]+W[d,i]*K[i,n+c] for i in range(n))+sum(W[c,i]*K[i,j]*W[d,j] for i in range(n) for j in range(n)) for c in range(2) for d in range(2)]
        train=[sum(Q[i,e]*e_*g[e]*sum(Q[j,e]*mpf(Y[j][o]) for j in range(n)) for e,e_ in enumerate(E)) for i in range(n) for o in range(2)]
        answers.append(dict(time=S(t) if t is not None else 'inf',mean=[S(v) for v in mean],covariance=[S(v) for v in cov],train=[S(v) for v in train]))
    NORMS.append(dict(act=nm,sw2=s,sb2=b,L=L,x=X,y=Y,train=n,lambda_max=S(top),lambda_min=S(low),answers=answers))
NORMS=[]
for nm,F,s,b,Ls in [('relu',relu2,'1','0.1',[3,60,300]),('relu',relu2,'2','0',[3,200]),('erf',erf2,'1','0.1',[5,60,200]),('erf',erf2,'4','0.3',[6]),('gelu',gelu2,'1','0.1',[4,20,40])]:
    for L in Ls: norms(nm,F,s,b,L,300)
json.dump({'vectors':OUT,'norms':{'list':NORMS}},open('predict.json','w'),indent=1)
