import { expect, test } from 'vitest';
import { balancerOf } from './balancer.ts';

const region = 'eu-central-1';

test.each([
  [
    'k8s-shop-web-0a1b2c3d4e-0123456789abcdef.elb.eu-central-1.amazonaws.com',
    [{ is: 'ELB net/k8s-shop-web-0a1b2c3d4e/0123456789abcdef' }],
  ],
  [
    'internal-k8s-shop-web-1234567890.eu-central-1.elb.amazonaws.com',
    [{ begins: 'ELB app/k8s-shop-web/' }, { is: 'ELB k8s-shop-web' }],
  ],
  [
    'Web-Front-99.eu-central-1.elb.amazonaws.com',
    [{ begins: 'ELB app/Web-Front/' }, { is: 'ELB Web-Front' }],
  ],
])('%s', (name, descriptions) => {
  expect(balancerOf(name, region)).toEqual({ descriptions });
});

test.each([
  ['shop.example.com', /not the name of an AWS load balancer/],
  ['web-1.us-east-1.elb.amazonaws.com', /region us-east-1/],
  ['web-1.eu-central-1.elb.amazonaws.com.example.com', /not the name/],
  ['*-1.eu-central-1.elb.amazonaws.com', /not the name/],
  ['-1.eu-central-1.elb.amazonaws.com', /not the name/],
])('%s is refused', (name, problem) => {
  expect(balancerOf(name, region)).toEqual({ problem: expect.stringMatching(problem) });
});
